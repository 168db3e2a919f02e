// The AMQP client of the load generator: one connection with one channel, without a thread of its
// own.
#pragma once

#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/frame_writer.h"
#include "tools/load/amqp_uri.h"

#include <memory>
#include <optional>
#include <string>

namespace varve::load {

constexpr uint16_t kChannel = 1;

// Threading: Caller-serialised.
// Failure:   `closed` if the connection is gone or cannot be made, `access_refused` if the broker
// does not let us in,
//            `not_found` and `precondition` as the broker says about queues. After an error only
//            the destructor is of use.
class Client {
public:
    // Connects, logs in and opens the channel; waits for each answer.
    static Result<std::unique_ptr<Client>> connect(const AmqpUri& uri);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Sends and waits for the reply: for the rare methods, before messages flow. The reply's views
    // last until the next call.
    template <typename M>
    Result<typename M::Reply> call(const M& method) {
        writer_.method(kChannel, method);
        VARVE_TRY(const amqp::Method reply, await_method());
        if (const auto* expected = std::get_if<typename M::Reply>(&reply)) return *expected;
        return error_in(reply);
    }

    // Says goodbye and waits until the broker has dealt with everything sent before. What still
    // comes is dropped.
    Result<void> close();

    int fd() const { return fd_; }
    uint32_t frame_size_max() const { return frame_size_max_; }

    // Frames for the broker go here; flush() sends them.
    std::string& outbox() { return outbox_; }
    amqp::FrameWriter& writer() { return writer_; }
    size_t unsent() const { return outbox_.size() - sent_; }
    // Sends as much as the kernel takes.
    Result<void> flush();

    // Reads what is there, without waiting.
    Result<void> fill();
    // The next complete frame of what was read; nullopt if there is none. Heartbeats are left out.
    // The payload lasts until the next fill().
    Result<std::optional<amqp::Frame>> next_frame();

    // The broker's reason in a close method, or that the method was not expected here. Never
    // success.
    static Error error_in(const amqp::Method& method);

private:
    Client();
    Result<void> open_socket(const AmqpUri& uri);
    Result<void> log_in(const AmqpUri& uri);
    Result<amqp::Method> await_method();
    Result<void> wait_until_ready(short events, int64_t deadline_ns) const;

    int fd_ = -1;
    uint32_t frame_size_max_ = amqp::kFrameSizeDefault;
    std::string outbox_;
    size_t sent_ = 0;
    amqp::FrameWriter writer_;
    amqp::FrameReader reader_;
    std::unique_ptr<char[]> inbox_;
    size_t inbox_begin_ = 0;
    size_t inbox_end_ = 0;
};

}  // namespace varve::load
