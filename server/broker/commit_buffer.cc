#include "server/broker/commit_buffer.h"

#include "engine/base/check.h"
#include "server/async/durable.h"
#include "server/broker/definitions.h"

#include <algorithm>

namespace varve {

CommitBuffer::CommitBuffer(
    Shard& shard, Engine& engine, PostOffice& office, OutgoingMail& mail, Hooks hooks)
    : shard_(shard), engine_(engine), office_(office), mail_(mail), hooks_(std::move(hooks)) {}

CommitBuffer::PendingBatch& CommitBuffer::batch_for(QueueSlot& queue, Level level, BatchKind kind) {
    PublishSlot& slot = queue.publish;
    if (slot.turn != turn_) {
        slot.turn = turn_;
        slot.batches.assign(queue.entry->spec.level_count() * kBatchKinds, -1);
    }
    int32_t& index = slot.batches[level * kBatchKinds + static_cast<size_t>(kind)];
    if (index < 0) {
        if (batch_count_ == batches_.size()) batches_.emplace_back();
        index = static_cast<int32_t>(batch_count_++);
        PendingBatch& batch = batches_[index];
        batch.queue = queue.entry;
        batch.level = level;
        batch.kind = kind;
        batch.may_expire = false;
        batch.admitted = {};
        batch.behind = 0;
    }
    return batches_[index];
}

// Durable and transient records of one queue in one turn: each run of transient ones keeps its
// place.
CommitBuffer::PendingBatch& CommitBuffer::riding_batch_for(QueueSlot& queue, Level level) {
    const PendingBatch& durable = batch_for(queue, level, BatchKind::durable);
    const auto behind = static_cast<int64_t>(durable.builder.count());
    const PendingBatch& newest = batch_for(queue, level, BatchKind::riding);
    if (newest.behind != behind && !newest.builder.empty())
        queue.publish.batches[level * kBatchKinds + static_cast<size_t>(BatchKind::riding)] = -1;
    PendingBatch& batch = batch_for(queue, level, BatchKind::riding);
    batch.behind = behind;
    return batch;
}

void CommitBuffer::publish(
    QueueSlot& queue, Level level, Lane lane, const RecordView& record, Admitted admitted) {
    hooks_.on_change();
    queue.publish.last_turn = turn_;
    BatchKind kind = BatchKind::durable;
    if (lane == Lane::transient) {
        kind =
            queue.publish.last_waiting_turn > completed_ ? BatchKind::riding : BatchKind::transient;
    }
    if (kind != BatchKind::transient) queue.publish.last_waiting_turn = turn_;
    PendingBatch& batch =
        kind == BatchKind::riding ? riding_batch_for(queue, level) : batch_for(queue, level, kind);
    batch.builder.add(record);
    batch.may_expire = batch.may_expire || record.expires.has_value();
    if (admitted == Admitted::no) return;
    ++batch.admitted.messages;
    batch.admitted.bytes += static_cast<int64_t>(record.body.size());
}

void CommitBuffer::confirm(const std::shared_ptr<Publisher>& publisher, Verdict verdict) {
    hooks_.on_change();
    const uint64_t number = publisher->take_number();
    if (verdict.lane == Lane::durable) publisher->last_durable_turn_ = turn_;
    if (!confirms_.empty()) {
        Confirm& newest = confirms_.back();
        if (newest.publisher == publisher && newest.range.end == number &&
            newest.range.accepted == verdict.accepted) {
            newest.range.end = number + 1;
            return;
        }
    }
    confirms_.push_back({publisher, {number, number + 1, verdict.accepted}});
}

void CommitBuffer::note_publishing(const QueueEntryRef& queue, const PublishingId& message) {
    hooks_.on_change();
    for (Publishing& known : publishings_) {
        if (known.queue != queue || known.publisher != message.publisher) continue;
        known.id = message.id;
        return;
    }
    publishings_.push_back({queue, std::string(message.publisher), message.id});
}

void CommitBuffer::settle(CursorOf of, SettleSlot& slot, OffsetRange range, Outcome outcome) {
    hooks_.on_change();
    if (slot.turn != turn_) {
        slot.turn = turn_;
        if (settle_count_ == settles_.size()) settles_.emplace_back();
        slot.index = static_cast<uint32_t>(settle_count_++);
        settles_[slot.index].log = of.log;
        settles_[slot.index].cursor = of.cursor;
    }
    auto& ranges = settles_[slot.index].ranges;
    if (!ranges.empty() && ranges.back().second == outcome &&
        ranges.back().first.end == range.begin) {
        ranges.back().first.end = range.end;
    } else {
        ranges.emplace_back(range, outcome);
    }
}

Transaction& CommitBuffer::transaction() {
    hooks_.on_change();
    return transaction_;
}

void CommitBuffer::when_durable(std::function<void(const Result<void>&)> resume) {
    if (!has_content() && in_flight_.empty()) return resume(ok());
    hooks_.on_change();
    waiting_.push_back(std::move(resume));
}

Task<Result<void>> CommitBuffer::durable() {
    co_return co_await resumed_by<Result<void>>(
        [this](std::function<void(Result<void>)> resume) { when_durable(std::move(resume)); });
}

Task<Result<void>> CommitBuffer::arrived(QueueId id, Topology& topology) {
    const QueueSlot* queue = topology.find_queue(id);
    // Durable records arrive with their commit, transient ones at the end of the turn: when the
    // turn is over, all have.
    if (queue == nullptr || queue->publish.last_turn <= completed_) co_return ok();
    const bool gone_out =
        queue->publish.last_turn < turn_ && queue->publish.last_waiting_turn <= completed_;
    if (gone_out) co_return ok();
    co_return co_await durable();
}

bool CommitBuffer::has_content() const {
    return batch_count_ > 0 || settle_count_ > 0 || !confirms_.empty() || !waiting_.empty() ||
           !transaction_.empty();
}

bool CommitBuffer::idle() const { return in_flight_.empty() && !has_content(); }

void CommitBuffer::dispatch(Arrival arrival) {
    const ShardIndex to = arrival.queue->shard();
    if (to == shard_.index()) {
        Letter letter;
        letter.arrivals.push_back(std::move(arrival));
        office_.hand_over(to, std::move(letter));
    } else {
        mail_.to(to).arrivals.push_back(std::move(arrival));
    }
}

void CommitBuffer::end_transients() {
    for (size_t i = 0; i < batch_count_; ++i) {
        PendingBatch& batch = batches_[i];
        if (batch.kind != BatchKind::transient || batch.builder.empty()) continue;
        dispatch({batch.queue,
                  batch.level,
                  Lane::transient,
                  batch.may_expire,
                  batch.admitted,
                  batch.builder.seal()});
    }
}

void CommitBuffer::collect_settles() {
    for (size_t i = 0; i < settle_count_; ++i) {
        PendingSettle& settle = settles_[i];
        // Acknowledgements out of order become few long ranges.
        if (!std::ranges::is_sorted(settle.ranges)) std::ranges::sort(settle.ranges);
        for (size_t from = 0; from < settle.ranges.size();) {
            auto [range, outcome] = settle.ranges[from];
            for (++from; from < settle.ranges.size(); ++from) {
                const auto& [next, next_outcome] = settle.ranges[from];
                if (next.begin != range.end || next_outcome != outcome) break;
                range.end = next.end;
            }
            transaction_.settle(settle.log, settle.cursor, range, outcome);
        }
        settle.ranges.clear();
        settle.log.reset();
    }
    settle_count_ = 0;
}

void CommitBuffer::collect_publishings(Turn& turn) {
    for (const auto& [queue, publisher, id] : publishings_) {
        transaction_.put(publisher_key(queue->id, publisher),
                         encode(PublisherDefinition{queue->id, publisher, id}));
    }
    turn.publishings = std::exchange(publishings_, {});
}

void CommitBuffer::collect_batches(Turn& turn) {
    for (size_t i = 0; i < batch_count_; ++i) {
        PendingBatch& batch = batches_[i];
        if (batch.builder.empty() || batch.kind != BatchKind::durable) continue;
        transaction_.append(batch.queue->logs[batch.level], batch.builder.seal());
        turn.appended.push_back(
            {batch.queue, batch.level, Lane::durable, batch.may_expire, batch.admitted, nullptr});
    }
    for (size_t i = 0; i < batch_count_; ++i) {
        PendingBatch& batch = batches_[i];
        if (!batch.builder.empty()) collect_riding(batch, turn);
        batch.queue.reset();
    }
    batch_count_ = 0;
}

void CommitBuffer::collect_riding(PendingBatch& batch, Turn& turn) {
    Riding riding{.arrival = {batch.queue,
                              batch.level,
                              Lane::transient,
                              batch.may_expire,
                              batch.admitted,
                              batch.builder.seal()},
                  .appended = std::nullopt,
                  .behind = batch.behind};
    const auto durable = std::ranges::find_if(turn.appended, [&](const Arrival& arrival) {
        return arrival.queue == batch.queue && arrival.level == batch.level;
    });
    if (durable != turn.appended.end())
        riding.appended = static_cast<size_t>(durable - turn.appended.begin());
    turn.riding.push_back(std::move(riding));
}

void CommitBuffer::end_turn() {
    if (!has_content()) return;
    auto turn = std::make_shared<Turn>();
    turn->number = turn_;
    collect_settles();
    collect_publishings(*turn);
    collect_batches(*turn);
    std::vector<Confirm> confirms_now;
    for (Confirm& confirm : confirms_) {
        const bool waits = confirm.publisher->last_durable_turn_ > completed_;
        (waits ? turn->confirms : confirms_now).push_back(std::move(confirm));
    }
    confirms_.clear();
    turn->waiting = std::exchange(waiting_, {});
    ++turn_;
    turn->haste = haste_of(*turn);
    // What is told at the end of this turn is not to wait for what has time in earlier ones.
    const bool hurries =
        turn->haste == Haste::now && !in_flight_.empty() && in_flight_.back()->haste == Haste::soon;
    in_flight_.push_back(turn);
    if (transaction_.empty() && turn->riding.empty() && !hurries) {
        turn->committed = true;
        finish_turns();
    } else {
        commit(turn);
    }
    for (const Confirm& confirm : confirms_now) confirm.publisher->confirm(confirm.range);
}

// Acknowledgements and delivery counts by themselves have time.
Haste CommitBuffer::haste_of(const Turn& turn) {
    const bool awaited = !turn.appended.empty() || !turn.riding.empty() || !turn.confirms.empty() ||
                         !turn.waiting.empty();
    return awaited ? Haste::now : Haste::soon;
}

void CommitBuffer::commit(const TurnRef& turn) {
    engine_.commit(
        std::exchange(transaction_, {}),
        [this, turn](Result<CommitReceipt> receipt) { on_committed(turn, std::move(receipt)); },
        turn->haste);
}

// What rides along comes in the letter of the durable records before it, and before the next
// turn's.
void CommitBuffer::collect_letters(Turn& turn,
                                   CommitReceipt& receipt,
                                   std::vector<Letter>& letters) {
    VARVE_CHECK(receipt.appends.size() == turn.appended.size());
    for (Riding& riding : turn.riding) {
        if (!riding.appended) continue;
        const BatchRef& durable = receipt.appends[*riding.appended].batch;
        if (durable != nullptr) riding.arrival.behind = durable->base() + riding.behind;
    }
    for (size_t i = 0; i < turn.appended.size(); ++i) {
        Arrival& arrival = turn.appended[i];
        arrival.batch = std::move(receipt.appends[i].batch);
        if (arrival.batch == nullptr) continue;  // the queue was deleted before
        letters[arrival.queue->shard()].arrivals.push_back(std::move(arrival));
    }
    for (Riding& riding : turn.riding)
        letters[riding.arrival.queue->shard()].arrivals.push_back(std::move(riding.arrival));
}

void CommitBuffer::on_committed(const TurnRef& turn, Result<CommitReceipt> receipt) {
    std::vector<Letter> letters(office_.shard_count());
    if (receipt) collect_letters(*turn, *receipt, letters);
    // Queues first: who hears of a confirm and asks a queue finds the message there.
    for (ShardIndex index = 0; index < letters.size(); ++index) {
        if (index != shard_.index() && !letters[index].empty())
            office_.send(index, std::move(letters[index]));
    }
    Result<void> outcome = receipt ? ok() : Result<void>(receipt.error());
    shard_.post([this,
                 turn,
                 own = std::move(letters[shard_.index()]),
                 outcome = std::move(outcome)]() mutable {
        if (!own.empty()) office_.hand_over(shard_.index(), std::move(own));
        turn->outcome = std::move(outcome);
        turn->committed = true;
        finish_turns();
        hooks_.on_durable();
    });
}

void CommitBuffer::finish_turns() {
    while (!in_flight_.empty() && in_flight_.front()->committed) {
        const TurnRef turn = std::move(in_flight_.front());
        in_flight_.pop_front();
        completed_ = turn->number;
        const bool accepted = turn->outcome.has_value();
        const auto fate = accepted ? PublishingIds::Fate::durable : PublishingIds::Fate::lost;
        for (const auto& [queue, publisher, id] : turn->publishings)
            queue->live.publishing_ids.settle(publisher, id, shard_.index(), fate);
        for (Confirm& confirm : turn->confirms) {
            confirm.publisher->confirm(
                {confirm.range.begin, confirm.range.end, accepted && confirm.range.accepted});
        }
        for (auto& resume : turn->waiting) resume(turn->outcome);
    }
}

}  // namespace varve
