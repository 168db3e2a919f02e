// How a connection ends: by whom, what is said, and when all that it held is given back.
#include "server/amqp/channel.h"
#include "server/amqp/connection.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace varve::amqp {

namespace {

constexpr auto kCloseTimeout = std::chrono::seconds(3);  // for the peer's close-ok
constexpr auto kDrainTimeout = std::chrono::seconds(1);  // for the peer's end of the socket

}  // namespace

void Connection::on_connection_method(const Method& method) {
    if (std::holds_alternative<ConnectionCloseOk>(method)) return drain();
    if (std::holds_alternative<ConnectionClose>(method)) {
        if (stage_ == Stage::open)
            return run(nullptr, ConnectionClose::kId, close_for_client(shared_from_this()));
        writer().method(0, ConnectionCloseOk{});  // both closed at once
        return drain();
    }
    if (stage_ != Stage::open) return;
    // A password is looked at when its user logs in, and never again: any secret is a new one.
    if (std::holds_alternative<ConnectionUpdateSecret>(method))
        return writer().method(0, ConnectionUpdateSecretOk{});
    const MethodId id =
        std::visit([](const auto& m) { return std::decay_t<decltype(m)>::kId; }, method);
    close_with(id, {ReplyCode::channel_error, "unexpected method in connection state running"});
}

void Connection::close_forced(const std::string& reason) {
    if (stage_ == Stage::open) close_with({}, {ReplyCode::connection_forced, reason});
}

Task<void> Connection::published() {
    if (publishes_)
        discard(co_await broker().durable(), "without confirms nobody is promised more");
}

// Everything of the connection is gone when it is told so: a client that comes back finds its
// exclusive names free, and what it published in its queues.
Task<Outcome> Connection::close_for_client(std::shared_ptr<Connection> self) {
    release_began_ = true;
    co_await published();
    co_await release_channels(self);
    if (!std::exchange(session_ended_, true)) co_await broker().end_session(session_);
    if (stage_ == Stage::ended) co_return std::nullopt;
    writer().method(0, ConnectionCloseOk{});
    drain();
    co_return std::nullopt;
}

void Connection::close_with(MethodId method, const Refusal& refusal) {
    if (stage_ == Stage::closing || stage_ == Stage::draining || stage_ == Stage::ended) return;
    const std::string text = reply_text(refusal);
    if (refusal.code != ReplyCode::connection_forced) {
        environment().diag.warn(
            "connection.refused",
            {{"peer", session_.peer}, {"method", method_name(method)}, {"reason", text}});
    }
    writer().method(
        0,
        ConnectionClose{
            static_cast<uint16_t>(refusal.code), text, method.class_id, method.method_id});
    stage_ = Stage::closing;
    deadline_ = sessions_.now() + kCloseTimeout;
    begin_release();
    // Whatever it waited for, from now on it listens for close-ok only.
    pauses_ = 0;
    if (!parsing_) wait_readable();
}

void Connection::drain() {
    if (stage_ == Stage::draining || stage_ == Stage::ended) return;
    stage_ = Stage::draining;
    admission_.reset();  // a client that knows itself closed may come back at once
    deadline_ = sessions_.now() + kDrainTimeout;
    begin_release();
    pauses_ = 0;
    writer();  // what is left goes out, then our end of the socket
    if (!parsing_) wait_readable();
}

void Connection::end(std::string_view reason) {
    if (stage_ == Stage::ended) return;
    if (stage_ == Stage::open) {
        environment().diag.debug("connection.lost", {{"peer", session_.peer}, {"reason", reason}});
    }
    stage_ = Stage::ended;
    admission_.reset();
    deadline_ = std::chrono::nanoseconds::max();
    stream_.close();
    begin_release();
    gate_.when_empty([self = shared_from_this()] { self->sessions_.remove(self->session_.id); });
}

void Connection::begin_release() {
    if (std::exchange(release_began_, true)) return;
    spawn(release_channels(shared_from_this()));
}

Task<void> Connection::release_channels(std::shared_ptr<Connection> /*self*/) {
    for (const auto& [number, channel] : channels_) channel->detach();
    // Whoever closes is often a channel's own call: it has to return before its channel may go.
    co_await boost::asio::post(environment().shard.context(), boost::asio::use_awaitable);
    std::vector<std::shared_ptr<Channel>> channels;
    for (const auto& [number, channel] : channels_) channels.push_back(channel);
    last_channel_ = assembling_ = nullptr;
    channels_.clear();
    // What one channel gives back is not for another one that goes, too.
    for (const auto& channel : channels) co_await channel->end_deliveries(channel);
    for (const auto& channel : channels) co_await channel->release(channel);
    channels_released_ = true;
    maybe_end_session();
}

// An exclusive queue that is being declared at this moment goes, too: hence after the method that
// waits.
void Connection::maybe_end_session() {
    if (!channels_released_ || task_runs_ || session_.vhost == nullptr) return;
    if (!std::exchange(session_ended_, true)) spawn(end_session(shared_from_this()));
}

Task<void> Connection::end_session(std::shared_ptr<Connection> self) {
    co_await self->broker().end_session(self->session_);
}

}  // namespace varve::amqp
