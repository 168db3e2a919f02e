#include "server/amqp/sessions.h"

#include "server/amqp/connection.h"
#include "server/broker/administration.h"

namespace varve::amqp {

namespace {

constexpr size_t kReadBufferSize =
    256_KiB;  // One read of a busy publisher; larger ones do not get faster.
// Twice in the shortest interval that anything here measures (kTrickleInterval).
constexpr auto kTick = std::chrono::milliseconds(200);

// Unique in the process without asking other shards.
SessionId session_id(ShardIndex shard, uint64_t number) { return uint64_t{shard} << 48 | number; }

}  // namespace

Sessions::Sessions(const SessionEnvironment& environment)
    : environment_(environment),
      read_buffer_(kReadBufferSize),
      tick_timer_(environment.shard.context()) {
    flow_subscription_ = environment_.broker.on_flow_change([this] {
        for (const auto& [id, connection] : connections_) connection->flow_changed();
    });
    accounts_subscription_ = environment_.broker.administration().on_change([this] {
        for (const auto& [id, connection] : connections_) connection->accounts_changed();
    });
}

Sessions::~Sessions() = default;

void Sessions::accept(Stream stream) {
    if (stopping_) return;  // the socket closes here
    const SessionId id = session_id(environment_.shard.index(), next_session_++);
    auto connection = std::make_shared<Connection>(*this, std::move(stream), id);
    connections_.emplace(id, connection);
    connection->start();
    arm_tick();
}

void Sessions::stop(std::function<void()> handler) {
    stopping_ = true;
    if (connections_.empty()) return handler();
    on_stopped_ = std::move(handler);
    std::vector<std::shared_ptr<Connection>> connections;
    for (const auto& [id, connection] : connections_) connections.push_back(connection);
    for (const auto& connection : connections) connection->stop();
}

void Sessions::flush_at_turn_end(Connection& connection) {
    if (to_flush_.empty()) environment_.shard.at_turn_end([this] { flush_all(); });
    to_flush_.push_back(connection.shared_from_this());
}

void Sessions::flush_all() {
    flushing_.swap(to_flush_);
    for (const auto& connection : flushing_) connection->flush();
    flushing_.clear();
}

void Sessions::remove(SessionId id) {
    connections_.erase(id);
    if (!connections_.empty() || !on_stopped_) return;
    const auto handler = std::exchange(on_stopped_, nullptr);
    tick_timer_.cancel();
    handler();
}

void Sessions::arm_tick() {
    if (std::exchange(ticking_, true)) return;
    tick_timer_.expires_after(kTick);
    tick_timer_.async_wait([this](const boost::system::error_code& stopped) {
        if (!stopped) tick();
    });
}

void Sessions::tick() {
    ticking_ = false;
    const auto time = now();
    // A connection may end during its tick: walk over a copy of the pointers, which costs less than
    // a look at each.
    std::vector<std::shared_ptr<Connection>> connections;
    connections.reserve(connections_.size());
    for (const auto& [id, connection] : connections_) connections.push_back(connection);
    for (const auto& connection : connections) connection->tick(time);
    if (!connections_.empty()) arm_tick();
}

}  // namespace varve::amqp
