#include "tools/load/client.h"

#include "server/message/field_table.h"
#include "tools/load/clock.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace varve::load {

namespace {

constexpr int64_t kAnswerTimeoutNs = 10 * kSecondNs;
constexpr size_t kInboxSize = 512 * 1024;  // some frames of the largest size, many of the usual one

Error gone(std::string_view what) {
    return {ErrorCode::closed,
            std::string(what) + (errno == 0 ? "" : std::string(": ") + std::strerror(errno))};
}

ErrorCode code_of(uint16_t reply_code) {
    switch (reply_code) {
        case 403:
        case 530:
            return ErrorCode::access_refused;
        case 404:
            return ErrorCode::not_found;
        case 405:
        case 406:
            return ErrorCode::precondition;
        case 540:
            return ErrorCode::not_implemented;
        default:
            return ErrorCode::closed;
    }
}

std::string client_properties() {
    using amqp::FieldTable;
    using amqp::FieldValue;
    const FieldTable capabilities{{"publisher_confirms", FieldValue::boolean(true)},
                                  {"basic.nack", FieldValue::boolean(true)},
                                  {"consumer_cancel_notify", FieldValue::boolean(true)},
                                  {"connection.blocked", FieldValue::boolean(true)},
                                  {"authentication_failure_close", FieldValue::boolean(true)}};
    return FieldTable{{"product", FieldValue::string("varve bench")},
                      {"capabilities", {capabilities}}}
        .encode();
}

// What a broker may say at any time, whatever it was asked.
bool is_notice(const amqp::Method& method) {
    return std::holds_alternative<amqp::ConnectionBlocked>(method) ||
           std::holds_alternative<amqp::ConnectionUnblocked>(method);
}

struct AddressList {
    addrinfo* first = nullptr;
    ~AddressList() {
        if (first != nullptr) freeaddrinfo(first);
    }
};

}  // namespace

Client::Client()
    : writer_(outbox_, amqp::kFrameSizeDefault),
      reader_(amqp::FrameReader::expecting_frames(amqp::kFrameSizeDefault)),
      inbox_(std::make_unique<char[]>(kInboxSize)) {}

Client::~Client() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<Client>> Client::connect(const AmqpUri& uri) {
    auto client = std::unique_ptr<Client>(new Client());
    VARVE_TRY(client->open_socket(uri));
    VARVE_TRY(client->log_in(uri));
    VARVE_TRY(client->call(amqp::ChannelOpen{}));
    return client;
}

Result<void> Client::open_socket(const AmqpUri& uri) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    AddressList found;
    if (const int failure =
            getaddrinfo(uri.host.c_str(), std::to_string(uri.port).c_str(), &hints, &found.first)) {
        return Error{ErrorCode::closed, uri.host + ": " + gai_strerror(failure)};
    }
    for (const addrinfo* address = found.first; address != nullptr; address = address->ai_next) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd_ < 0) continue;
        if (::connect(fd_, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS)
            continue;
        VARVE_TRY(wait_until_ready(POLLOUT, now_ns() + kAnswerTimeoutNs));
        socklen_t size = sizeof errno;
        if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &errno, &size) == 0 && errno == 0) {
            const int on = 1;
            ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return ok();
        }
    }
    return gone("cannot reach " + uri.address());
}

Result<void> Client::log_in(const AmqpUri& uri) {
    outbox_.append(amqp::kProtocolHeader);
    auto start = await_method();
    if (!start)
        return Error{start.error().code,
                     uri.address() + " does not answer as AMQP 0-9-1: " + start.error().detail};
    if (!std::holds_alternative<amqp::ConnectionStart>(*start)) return error_in(*start);

    const std::string properties = client_properties();
    const std::string response = '\0' + uri.user + '\0' + uri.password;
    writer_.method(0,
                   amqp::ConnectionStartOk{.client_properties = properties,
                                           .mechanism = "PLAIN",
                                           .response = response,
                                           .locale = "en_US"});
    const auto answer = await_method();
    // Some brokers drop the connection instead of saying no.
    if (!answer)
        return Error{ErrorCode::access_refused,
                     "login as '" + uri.user + "': " + answer.error().detail};
    const auto* tune = std::get_if<amqp::ConnectionTune>(&*answer);
    if (tune == nullptr) return error_in(*answer);
    if (tune->frame_max != 0)
        frame_size_max_ = std::clamp(tune->frame_max, amqp::kFrameSizeMin, frame_size_max_);
    // No heartbeats: a broker that is silent for long is what a measurement wants to see.
    writer_.method(
        0, amqp::ConnectionTuneOk{.channel_max = 1, .frame_max = frame_size_max_, .heartbeat = 0});
    writer_.set_frame_size_max(frame_size_max_);
    reader_.set_frame_size_max(frame_size_max_);
    writer_.method(0, amqp::ConnectionOpen{.virtual_host = uri.vhost});
    const auto opened = await_method();
    if (!opened)
        return Error{ErrorCode::access_refused,
                     "vhost '" + uri.vhost + "': " + opened.error().detail};
    if (!std::holds_alternative<amqp::ConnectionOpenOk>(*opened)) return error_in(*opened);
    return ok();
}

Result<void> Client::wait_until_ready(short events, int64_t deadline_ns) const {
    pollfd waiting{.fd = fd_, .events = events, .revents = 0};
    const int64_t left_ms = (deadline_ns - now_ns()) / kMillisecondNs;
    errno = 0;
    if (left_ms <= 0 || ::poll(&waiting, 1, static_cast<int>(left_ms)) == 0) {
        return Error{ErrorCode::closed, "no answer within 10 s"};
    }
    return ok();
}

Result<amqp::Method> Client::await_method() {
    const int64_t deadline_ns = now_ns() + kAnswerTimeoutNs;
    for (;;) {
        VARVE_TRY(flush());
        VARVE_TRY(const std::optional<amqp::Frame> frame, next_frame());
        if (frame && frame->type == amqp::FrameType::method) {
            VARVE_TRY(const amqp::Method method, amqp::decode_method(frame->payload));
            if (!is_notice(method)) return method;
            continue;
        }
        if (frame)
            return Error{ErrorCode::closed, "the broker sent content where a method was due"};
        VARVE_TRY(wait_until_ready(static_cast<short>(POLLIN | (unsent() > 0 ? POLLOUT : 0)),
                                   deadline_ns));
        VARVE_TRY(fill());
    }
}

Result<void> Client::close() {
    writer_.method(0, amqp::ConnectionClose{.reply_code = 200, .reply_text = "done"});
    const int64_t deadline_ns = now_ns() + kAnswerTimeoutNs;
    for (;;) {
        VARVE_TRY(flush());
        VARVE_TRY(const std::optional<amqp::Frame> frame, next_frame());
        if (frame && frame->type == amqp::FrameType::method) {
            VARVE_TRY(const amqp::MethodId id, amqp::method_id_of(frame->payload));
            if (id == amqp::ConnectionCloseOk::kId) return ok();
        }
        if (frame) continue;
        VARVE_TRY(wait_until_ready(static_cast<short>(POLLIN | (unsent() > 0 ? POLLOUT : 0)),
                                   deadline_ns));
        VARVE_TRY(fill());
    }
}

Result<void> Client::flush() {
    while (unsent() > 0) {
        const ssize_t sent = ::send(fd_, outbox_.data() + sent_, unsent(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return ok();
        if (sent < 0) return gone("connection lost");
        sent_ += static_cast<size_t>(sent);
    }
    outbox_.clear();
    sent_ = 0;
    return ok();
}

Result<void> Client::fill() {
    if (inbox_begin_ > 0) {
        std::memmove(inbox_.get(), inbox_.get() + inbox_begin_, inbox_end_ - inbox_begin_);
        inbox_end_ -= inbox_begin_;
        inbox_begin_ = 0;
    }
    const ssize_t size = ::recv(fd_, inbox_.get() + inbox_end_, kInboxSize - inbox_end_, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return ok();
    if (size < 0) return gone("connection lost");
    if (size == 0) return Error{ErrorCode::closed, "the broker closed the connection"};
    inbox_end_ += static_cast<size_t>(size);
    return ok();
}

Result<std::optional<amqp::Frame>> Client::next_frame() {
    for (;;) {
        ByteView input(inbox_.get() + inbox_begin_, inbox_end_ - inbox_begin_);
        const amqp::FrameEvent event = reader_.next(input);
        inbox_begin_ = inbox_end_ - input.size();
        if (const auto* error = std::get_if<amqp::FrameError>(&event)) {
            return Error{ErrorCode::closed, std::string(to_string(*error))};
        }
        const auto* frame = std::get_if<amqp::Frame>(&event);
        if (frame == nullptr) return std::optional<amqp::Frame>();
        if (frame->type != amqp::FrameType::heartbeat) return std::optional(*frame);
    }
}

Error Client::error_in(const amqp::Method& method) {
    if (const auto* close = std::get_if<amqp::ConnectionClose>(&method)) {
        return {code_of(close->reply_code), std::string(close->reply_text)};
    }
    if (const auto* close = std::get_if<amqp::ChannelClose>(&method)) {
        return {code_of(close->reply_code), std::string(close->reply_text)};
    }
    if (std::holds_alternative<amqp::BasicCancel>(method)) {
        return {ErrorCode::not_found, "the broker cancelled a consumer: its queue is gone"};
    }
    const amqp::MethodId id = std::visit([](const auto& m) { return m.kId; }, method);
    return {ErrorCode::closed,
            "the broker sent " + std::string(amqp::method_name(id)) + ", which is not due here"};
}

}  // namespace varve::load
