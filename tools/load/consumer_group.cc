#include "tools/load/consumer_group.h"

#include "tools/load/clock.h"
#include "tools/load/reconnect.h"

namespace varve::load {

namespace {

constexpr int64_t kTickNs = 20 * kMillisecondNs;
// Nothing has come for so long after the last message that was due: then nothing more will,
// duplicates included.
constexpr int64_t kQuietNs = 300 * kMillisecondNs;
// Acks that --ack-every leaves over are sent this often, so that a slow queue is not held up by
// them.
constexpr int64_t kAckFlushNs = 100 * kMillisecondNs;

// The queues of consumer `number`: all queues are dealt out, or shared if there are fewer than
// consumers.
std::vector<uint32_t> queues_of(uint32_t number, const Options& options) {
    std::vector<uint32_t> queues;
    for (uint32_t queue = number % options.queues; queue < options.queues;
         queue += options.consumers) {
        queues.push_back(queue);
    }
    return queues;
}

}  // namespace

ConsumerGroup::ConsumerGroup(const Options& options, Ledger& ledger, RunState& state)
    : ledger_(ledger),
      context_{.options = options, .state = state, .checker = Checker(ledger, options)} {
    size_t subscriptions = 0;
    for (uint32_t i = 0; i < options.consumers; ++i) {
        connections_.push_back(
            {.consumer = Consumer(queues_of(i, options), subscriptions, context_)});
        subscriptions += connections_.back().consumer.subscription_count();
    }
}

Result<void> ConsumerGroup::connect() {
    for (size_t i = 0; i < connections_.size(); ++i) VARVE_TRY(connect(i));
    return ok();
}

Result<void> ConsumerGroup::connect(size_t index) {
    VARVE_TRY(auto client, Client::connect(context_.options.uri));
    const int fd = client->fd();
    VARVE_TRY(connections_[index].consumer.attach(std::move(client)));
    poller_.add(fd, index);
    connections_[index].wants_room = false;
    return ok();
}

Result<void> ConsumerGroup::run(const Schedule& schedule) {
    context_.schedule = schedule;
    context_.last_arrival_ns = now_ns();
    int64_t next_tick_ns = 0;
    for (;;) {
        const int64_t now = now_ns();
        if (now >= next_tick_ns) {
            next_tick_ns = now + kTickNs;
            if (context_.state.abandon.load(std::memory_order_relaxed)) return ok();
            if (finished(now)) break;
            flush_acks(now);
            for (size_t i = 0; i < connections_.size(); ++i) VARVE_TRY(turn(i, false));
        }
        for (const Poller::Event& event : poller_.wait(next_tick_ns))
            VARVE_TRY(turn(event.index, event.input));
    }
    return say_goodbye();
}

Result<void> ConsumerGroup::turn(size_t index, bool input) {
    Connection& connection = connections_[index];
    Consumer& consumer = connection.consumer;
    if (consumer.client() == nullptr) {
        if (now_ns() < connection.retry_ns) return ok();
        if (auto connected = connect(index); !connected)
            return lose(index, std::move(connected).error());
        ++reconnects_;
    }
    Client& client = *consumer.client();
    if (input) {
        if (auto filled = client.fill(); !filled) return lose(index, std::move(filled).error());
        if (auto taken = consumer.take_frames(); !taken)
            return lose(index, std::move(taken).error());
    }
    if (auto flushed = client.flush(); !flushed) return lose(index, std::move(flushed).error());
    const bool wants_room = client.unsent() > 0;
    if (wants_room != connection.wants_room) {
        poller_.change(
            client.fd(), index, wants_room ? Poller::Wants::input_and_room : Poller::Wants::input);
        connection.wants_room = wants_room;
    }
    return ok();
}

Result<void> ConsumerGroup::lose(size_t index, Error error) {
    if (!context_.options.reconnect || !is_worth_a_retry(error.code)) return error;
    connections_[index].consumer.detach();
    connections_[index].retry_ns = now_ns() + kRetryIntervalNs;
    return ok();
}

bool ConsumerGroup::finished(int64_t now_ns) const {
    if (now_ns >= context_.state.drain_end_ns.load(std::memory_order_relaxed)) return true;
    if (!context_.state.publishing_done.load(std::memory_order_acquire)) return false;
    if (!ledger_.knows_publishers())
        return ledger_.received() >= context_.options.count.value_or(UINT64_MAX);
    return now_ns - context_.last_arrival_ns >= kQuietNs && ledger_.missing().count == 0;
}

void ConsumerGroup::flush_acks(int64_t now_ns) {
    if (now_ns < next_ack_flush_ns_) return;
    next_ack_flush_ns_ = now_ns + kAckFlushNs;
    for (Connection& connection : connections_) connection.consumer.flush_acks();
}

Result<void> ConsumerGroup::say_goodbye() {
    for (size_t i = 0; i < connections_.size(); ++i) {
        Consumer& consumer = connections_[i].consumer;
        if (consumer.client() == nullptr) continue;
        consumer.flush_acks();
        if (auto closed = consumer.client()->close(); !closed)
            VARVE_TRY(lose(i, std::move(closed).error()));
    }
    return ok();
}

}  // namespace varve::load
