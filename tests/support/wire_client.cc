#include "tests/support/wire_client.h"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace varve {

WireClient::WireClient(FileDescriptor socket) : socket_(std::move(socket)) {
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// ---- saying

void WireClient::send_bytes(std::string_view bytes) {
    judge_.client_sends(bytes);
    while (!bytes.empty() && !ended_ && socket_.is_open()) {
        const ssize_t size =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size > 0) {
            bytes.remove_prefix(static_cast<size_t>(size));
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) return;  // the reading side will say it
        pollfd ready{socket_.get(), POLLIN | POLLOUT, 0};
        ::poll(&ready, 1, -1);
        read_ready();
    }
}

void WireClient::publish(uint16_t channel,
                         const amqp::BasicPublish& method,
                         std::string_view body,
                         std::string_view properties) {
    std::string frames;
    amqp::FrameWriter writer(frames, kFrameSizeMax);
    writer.method(channel, method);
    writer.content(channel, properties, body);
    send_bytes(frames);
}

void WireClient::say_login(std::string_view client_properties) {
    std::string bytes(amqp::kProtocolHeader);
    amqp::FrameWriter writer(bytes, kFrameSizeMax);
    amqp::ConnectionStartOk start_ok;
    start_ok.client_properties = client_properties;
    start_ok.mechanism = "PLAIN";
    start_ok.response = std::string_view("\0guest\0guest", 12);
    start_ok.locale = "en_US";
    writer.method(0, start_ok);
    writer.method(0, amqp::ConnectionTuneOk{0, kFrameSizeMax, 0});
    writer.method(0, amqp::ConnectionOpen{"/"});
    send_bytes(bytes);
}

void WireClient::finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }

void WireClient::reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.close();
    ended_ = true;
}

// ---- hearing

void WireClient::read_ready() {
    char bytes[65536];
    while (!ended_) {
        const ssize_t size = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) {
            ended_ = true;
            if (!inbox_.empty() && speaks_amqp_) find_fault("the end within a frame");
            return;
        }
        inbox_.append(bytes, static_cast<size_t>(size));
        on_bytes();
    }
}

// In slices: a machine that was stopped for a while has not waited.
bool WireClient::wait_readable(std::chrono::milliseconds patience) const {
    constexpr std::chrono::milliseconds kSlice(100);
    pollfd ready{socket_.get(), POLLIN, 0};
    for (; !ended_ && patience.count() > 0; patience -= kSlice) {
        if (::poll(&ready, 1, static_cast<int>(kSlice.count())) > 0) return true;
    }
    return false;
}

std::vector<ServerSaid> WireClient::take() { return std::exchange(said_, {}); }

void WireClient::on_bytes() {
    // Who spoke another protocol is answered in it, or with ours, and that is all.
    const ByteView input_now(inbox_);
    if (!heard_anything_ && (input_now.starts_with("AMQP") || input_now.starts_with("HTTP")))
        speaks_amqp_ = false;
    heard_anything_ = true;
    if (!speaks_amqp_) return;
    ByteView input(inbox_);
    for (;;) {
        const amqp::FrameEvent event = reader_.next(input);
        if (const amqp::Frame* frame = std::get_if<amqp::Frame>(&event)) {
            on_frame(*frame);
            continue;
        }
        if (const amqp::FrameError* error = std::get_if<amqp::FrameError>(&event))
            find_fault("a bad frame: " + std::string(amqp::to_string(*error)));
        break;
    }
    inbox_.erase(0, inbox_.size() - input.size());
}

void WireClient::on_frame(const amqp::Frame& frame) {
    find_fault(judge_.judge(frame));
    if (!fault_.empty()) return;
    if (frame.type == amqp::FrameType::method) {
        said_.push_back({frame.channel, std::string(frame.payload), {}, {}});
    } else if (frame.type == amqp::FrameType::header && !said_.empty()) {
        said_.back().properties = must(amqp::decode_content_header(frame.payload)).properties;
    } else if (frame.type == amqp::FrameType::body && !said_.empty()) {
        said_.back().body.append(frame.payload);
    }
}

void WireClient::find_fault(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
}

}  // namespace varve
