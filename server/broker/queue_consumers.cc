// The part of Queue that knows who consumes from it and who reads it.
#include "server/broker/queue.h"
#include "server/broker/resource.h"

#include <algorithm>

namespace varve {

namespace {

// Records handed to readers before other queues of the shard get their turn.
constexpr int kReaderSlice = 512;

}  // namespace

Result<void> Queue::add_consumer(Consumer consumer) {
    // A queue with a single active consumer is exclusive in a way of its own.
    const bool alone = !consumers_.empty() || entry_->spec.single_active_consumer;
    if (consumers_.has_exclusive() || (consumer.exclusive && alone)) {
        return Error{ErrorCode::access_refused,
                     queue_text(entry_->name, entry_->vhost) + " in exclusive use"};
    }
    consumers_.add(std::move(consumer));
    had_consumers_ = true;
    // Before the first message comes, so that its delivery need not wait for the mark.
    for (size_t level = 0; level < levels_.size(); ++level) {
        DurableLane* lane = levels_[level].durable();
        if (lane == nullptr) continue;
        const IntervalSet& ready = lane->ledger.ready();
        extend_mark(static_cast<Level>(level), ready.empty() ? lane->end() : ready.front());
    }
    update();
    context_.schedule(*this);
    return ok();
}

Result<void> Queue::add_reader(Consumer consumer,
                               const QueueReaders::Place& place,
                               ReaderFilter filter) {
    const LogRef& log = levels_.front().durable()->log();
    VARVE_TRY(readers_.add(std::move(consumer), log, place, std::move(filter)));
    update();
    context_.schedule(*this);
    return ok();
}

// Their work is in a slice of its own: what is read takes nothing from what is consumed.
bool Queue::serve_readers() {
    if (readers_.empty() || !delivering_) return false;
    return readers_.deliver(*this, levels_.front().durable()->end(), kReaderSlice);
}

void Queue::end_deliveries(const ConsumerPort& port) {
    if (readers_.end_deliveries(port)) return;
    Consumer* consumer = consumers_.find(port);
    if (consumer == nullptr) return;
    consumer->ended = true;
    flush(*consumer);
    std::erase(touched_, consumer);
}

void Queue::remove_consumer(const ConsumerPort& port) {
    if (readers_.remove(port)) {
        unused_since_ = context_.clock.monotonic();
        return update();
    }
    Consumer* consumer = consumers_.find(port);
    if (consumer == nullptr) return;
    flush(*consumer);
    std::erase(touched_, consumer);
    consumers_.remove(port);
    if (consumers_.empty() && !closed_) {
        lower_marks();
        unused_since_ = context_.clock.monotonic();
        if (entry_->spec.auto_delete && had_consumers_) return unused();
    }
    if (entry_->spec.single_active_consumer && has_ready()) context_.schedule(*this);
    update();
}

void Queue::poke() {
    consumers_.poke();
    readers_.poke();
    if (has_ready() || !readers_.empty()) context_.schedule(*this);
}

void Queue::cancel_consumers(CancelReason reason) {
    consumers_.for_each([this](Consumer& consumer) { flush(consumer); });
    touched_.clear();
    consumers_.for_each([&](Consumer& consumer) {
        context_.mail.to(consumer.port->shard).cancellations.push_back({consumer.port, reason});
    });
    consumers_.clear();
    readers_.cancel(reason);
    shut();  // nobody is to wait for it any more
    wake_waiting();
    update();
}

}  // namespace varve
