#include "tests/tools/load/echo_broker.h"

#include "engine/base/check.h"
#include "server/amqp/wire/content_header.h"
#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/frame_writer.h"

#include <arpa/inet.h>
#include <array>
#include <deque>
#include <map>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace varve::load {

namespace {

struct Message {
    std::string queue;
    std::string properties;
    uint64_t body_size = 0;
    std::string body;
    bool redelivered = false;
};

struct Connection {
    explicit Connection(int socket) : fd(socket) {}
    ~Connection() { ::close(fd); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int fd;
    bool broken = false;
    std::string inbox;
    std::string outbox;
    amqp::FrameReader reader =
        amqp::FrameReader::expecting_protocol_header(amqp::kFrameSizeDefault);
    amqp::FrameWriter writer{outbox, amqp::kFrameSizeDefault};
    Message message;
    bool confirms = false;
    uint64_t published = 0;
    uint64_t confirmed = 0;
    uint64_t delivery_tag = 0;
};

struct Queue {
    Connection* consumer = nullptr;
    std::string tag;
    std::deque<Message> waiting;
};

}  // namespace

class EchoBroker::Core {
public:
    explicit Core(const Faults& faults)
        : faults_(faults), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        VARVE_CHECK(::bind(listener_, generic, size) == 0 && ::listen(listener_, 64) == 0);
        VARVE_CHECK(::getsockname(listener_, generic, &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    ~Core() { ::close(listener_); }
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    uint16_t port() const { return port_; }

    void run(const std::atomic<bool>& stop) {
        while (!stop) turn();
    }

private:
    void turn() {
        std::vector<pollfd> waiting{{.fd = listener_, .events = POLLIN, .revents = 0}};
        for (const auto& connection : connections_) {
            const bool unsent = !connection->outbox.empty();
            waiting.push_back(
                {connection->fd, static_cast<short>(POLLIN | (unsent ? POLLOUT : 0)), 0});
        }
        ::poll(waiting.data(), waiting.size(), 20);
        for (size_t i = 0; i < connections_.size(); ++i) {
            if ((waiting[i + 1].revents & ~POLLOUT) != 0) read(*connections_[i]);
        }
        for (const auto& connection : connections_) send(*connection);
        std::erase_if(connections_,
                      [this](const auto& connection) { return forget_if_broken(*connection); });
        if (waiting[0].revents == 0) return;
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (fd >= 0) connections_.push_back(std::make_unique<Connection>(fd));
    }

    bool forget_if_broken(const Connection& connection) {
        if (!connection.broken) return false;
        for (auto& [name, queue] : queues_) {
            if (queue.consumer == &connection) queue.consumer = nullptr;
        }
        return true;
    }

    void read(Connection& from) {
        std::array<char, 65536> bytes;
        const ssize_t size = ::recv(from.fd, bytes.data(), bytes.size(), 0);
        if (size <= 0) {
            from.broken = true;
            return;
        }
        from.inbox.append(bytes.data(), static_cast<size_t>(size));
        ByteView input = from.inbox;
        while (!from.broken && take(from, from.reader.next(input))) {
        }
        from.inbox.erase(0, from.inbox.size() - input.size());
        if (!from.confirms || from.confirmed == from.published || from.broken) return;
        from.confirmed = from.published;
        from.writer.method(1, amqp::BasicAck{.delivery_tag = from.confirmed, .multiple = true});
    }

    static void send(Connection& to) {
        const ssize_t size = ::send(to.fd, to.outbox.data(), to.outbox.size(), MSG_NOSIGNAL);
        if (size > 0) to.outbox.erase(0, static_cast<size_t>(size));
    }

    bool take(Connection& from, const amqp::FrameEvent& event) {
        if (std::holds_alternative<amqp::ProtocolHeader>(event)) {
            from.writer.method(0,
                               amqp::ConnectionStart{
                                   .version_major = 0, .version_minor = 9, .mechanisms = "PLAIN"});
            return true;
        }
        const auto* frame = std::get_if<amqp::Frame>(&event);
        if (frame == nullptr) return false;
        Message& message = from.message;
        if (frame->type == amqp::FrameType::method) {
            const amqp::Method method = must(amqp::decode_method(frame->payload));
            std::visit([&](const auto& m) { take_method(from, m); }, method);
        } else if (frame->type == amqp::FrameType::header) {
            const amqp::ContentHeader header = must(amqp::decode_content_header(frame->payload));
            message.properties = header.properties;
            message.body_size = header.body_size;
        } else {
            message.body += frame->payload;
            if (message.body.size() == message.body_size) publish(from);
        }
        return true;
    }

    // A method without a rule of its own gets its empty reply, if it has one.
    template <typename M>
    void take_method(Connection& from, const M& /*method*/) {
        if constexpr (requires { typename M::Reply; }) from.writer.method(1, typename M::Reply{});
    }
    void take_method(Connection& from, const amqp::ConnectionStartOk& /*method*/) {
        if (faults_.refuse_login) {
            from.writer.method(
                0, amqp::ConnectionClose{.reply_code = 403, .reply_text = "ACCESS_REFUSED"});
        } else {
            from.writer.method(
                0, amqp::ConnectionTune{.channel_max = 1, .frame_max = amqp::kFrameSizeDefault});
        }
    }
    void take_method(Connection& from, const amqp::ConfirmSelect& /*method*/) {
        from.confirms = true;
        from.writer.method(1, amqp::ConfirmSelectOk{});
    }
    void take_method(Connection& from, const amqp::BasicConsume& method) {
        Queue& queue = queues_[std::string(method.queue)];
        queue.consumer = &from;
        queue.tag = method.consumer_tag;
        while (!queue.waiting.empty()) {
            deliver(queue, queue.waiting.front());
            queue.waiting.pop_front();
        }
    }
    void take_method(Connection& from, const amqp::BasicPublish& method) {
        from.message = Message{.queue = std::string(method.routing_key)};
    }

    void publish(Connection& from) {
        const uint64_t number = published_++;
        if (number == faults_.disconnect) {
            for (const auto& connection : connections_) connection->broken = true;
            return;
        }
        ++from.published;
        Message message = std::move(from.message);
        if (number == faults_.lose) return;
        if (number == faults_.damage)
            message.body.back() = static_cast<char>(message.body.back() ^ 1);
        Queue& queue = queues_[message.queue];
        if (number == faults_.delay) {
            delayed_ = message;
            return;
        }
        hand_over(queue, message);
        if (delayed_) hand_over(queue, *std::exchange(delayed_, std::nullopt));
        if (number == faults_.duplicate) hand_over(queue, message);
        message.redelivered = true;
        if (number == faults_.redeliver) hand_over(queue, message);
    }

    static void hand_over(Queue& queue, const Message& message) {
        if (queue.consumer == nullptr) {
            queue.waiting.push_back(message);
        } else {
            deliver(queue, message);
        }
    }

    static void deliver(Queue& queue, const Message& message) {
        queue.consumer->writer.delivery(1,
                                        {.consumer_tag = queue.tag,
                                         .delivery_tag = ++queue.consumer->delivery_tag,
                                         .redelivered = message.redelivered,
                                         .exchange = "",
                                         .routing_key = message.queue,
                                         .properties = message.properties,
                                         .body = message.body});
    }

    const Faults faults_;
    int listener_;
    uint16_t port_ = 0;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::map<std::string, Queue> queues_;
    std::optional<Message> delayed_;
    uint64_t published_ = 0;
};

EchoBroker::EchoBroker(const Faults& faults)
    : core_(std::make_unique<Core>(faults)), thread_([this] { core_->run(stop_); }) {}

EchoBroker::~EchoBroker() {
    stop_ = true;
    thread_.join();
}

uint16_t EchoBroker::port() const { return core_->port(); }

}  // namespace varve::load
