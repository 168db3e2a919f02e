#include "server/broker/rejected_records.h"

#include "server/broker/broker_parts.h"

namespace varve {

namespace {

using Answer = Result<RejectedRecords::Run>;

// One settlement on the shard of its queue.
struct Reading {
    BrokerShard::Parts& there;
    Settlement settlement;
    Bytes size_max;
    RejectedRecords::Run run;
    RecordBatchBuilder builder;
    std::function<void(Answer)> answer;
};

// Answers now, or tries again each time something was read for the queue.
void read_on(const std::shared_ptr<Reading>& reading) {
    Settlement& left = reading->settlement;
    Queue* queue = reading->there.queues.find(left.queue.id);
    while (queue != nullptr && !left.range.empty()) {
        const Offset offset = left.range.begin;
        FoundRecord found;
        const auto result = queue->look_at_out({left.level, left.lane, offset}, found);
        if (result == Queue::GetResult::wait)
            return queue->when_changed([reading] { read_on(reading); });
        left.range.begin = offset + 1;
        if (result == Queue::GetResult::empty) continue;  // gone in another way
        reading->builder.add(found.record);
        reading->run.offsets.push_back(offset);
        if (reading->builder.size() > reading->size_max) {
            return reading->answer(Error{ErrorCode::precondition, "transaction too large"});
        }
    }
    if (!reading->builder.empty()) reading->run.records = reading->builder.seal();
    reading->answer(std::move(reading->run));
}

Task<Answer> read_run(BrokerShard::Parts& there, Settlement settlement, Bytes size_max) {
    co_return co_await resumed_by<Answer>([&](std::function<void(Answer)> answer) {
        const auto reading = std::make_shared<Reading>(
            Reading{.there = there,
                    .settlement = settlement,
                    .size_max = size_max,
                    .run = {settlement.queue, settlement.level, settlement.lane, {}, nullptr},
                    .builder = {},
                    .answer = std::move(answer)});  // shared by the attempts
        if (there.shard.is_current()) return read_on(reading);
        there.shard.post([reading] { read_on(reading); });
    });
}

}  // namespace

Task<Result<RejectedRecords>> BrokerShard::read_rejected(std::vector<Settlement> settlements,
                                                         Bytes size_max) {
    RejectedRecords rejected;
    for (const Settlement& settlement : settlements) {
        const QueueSlot* slot = parts_->topology.find_queue(settlement.queue.id);
        if (settlement.action != SettleAction::reject || slot == nullptr ||
            !slot->settings->dead_letter)
            continue;
        Parts& there = parts_->commons.parts_of(settlement.queue.shard);
        VARVE_CO_TRY(RejectedRecords::Run run,
                     co_await read_run(there, settlement, size_max - rejected.size));
        rejected.queues.insert(settlement.queue.id);
        if (run.records == nullptr) continue;
        rejected.size += run.records->size();
        rejected.runs.push_back(std::move(run));
    }
    co_return rejected;
}

void BrokerShard::settle_with_turn(std::span<const Settlement> settlements,
                                   const RejectedRecords& rejected) {
    for (const RejectedRecords::Run& run : rejected.runs) {
        const QueueSlot* slot = parts_->topology.find_queue(run.queue.id);
        if (slot == nullptr) continue;
        const auto& target = slot->settings->dead_letter;  // it may be gone since
        RecordCursor record(run.records, run.records->base());
        for (const Offset offset : run.offsets) {
            if (target) parts_->bury(*slot->entry, *target, record.record(), DeathReason::rejected);
            const Settlement settlement{
                run.queue, run.level, run.lane, {offset, offset + 1}, SettleAction::reject};
            parts_->settle_now(*slot, settlement, target ? Outcome::moved : Outcome::rejected);
            record.next();
        }
    }
    for (const Settlement& settlement : settlements) {
        const bool is_reject = settlement.action == SettleAction::reject;
        if (is_reject && rejected.queues.contains(settlement.queue.id)) continue;
        const QueueSlot* slot = parts_->topology.find_queue(settlement.queue.id);
        // A requeue has nothing that must be durable.
        if (slot == nullptr || settlement.action == SettleAction::requeue) {
            settle({&settlement, 1});
        } else {
            parts_->settle_now(*slot, settlement, is_reject ? Outcome::rejected : Outcome::acked);
        }
    }
}

void BrokerShard::Parts::settle_now(const QueueSlot& slot,
                                    const Settlement& settlement,
                                    Outcome outcome) {
    if (settlement.lane == Lane::durable) {
        SettleSlot unshared;
        commits.settle({slot.entry->logs[settlement.level], settlement.cursor},
                       unshared,
                       settlement.range,
                       outcome);
    }
    if (settlement.queue.shard == shard.index()) {
        queues.settle(settlement, Queue::Logged::yes);
    } else {
        mail.to(settlement.queue.shard).logged_settlements.push_back(settlement);
    }
}

}  // namespace varve
