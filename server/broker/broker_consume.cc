// What a shard's door does for those who consume and read.
#include "server/async/resumed_by.h"
#include "server/broker/at_queue.h"
#include "server/broker/broker_shard.h"
#include "server/broker/definitions.h"
#include "server/broker/queue_name.h"

namespace varve {

namespace {

// A stream is told to be asked for a few messages at a time, and to be answered.
Result<void> check_stream_consumer(const QueueEntry& queue, const ConsumeRequest& request) {
    const std::string text = queue_text(queue.name, queue.vhost);
    if (request.no_ack) {
        return Error{ErrorCode::not_implemented,
                     "automatic acknowledgement not supported by stream queues " + text};
    }
    if (request.channel_limited)
        return Error{ErrorCode::not_implemented, text + " does not support global qos"};
    if (request.prefetch == 0) {
        return Error{ErrorCode::precondition,
                     "consumer prefetch count is not set for stream " + text};
    }
    return ok();
}

Result<void> check_readable(const QueueEntry& queue) {
    const auto refuse = [&](std::string_view why) {
        return Error{
            ErrorCode::not_implemented,
            "x-stream-offset of " + queue_text(queue.name, queue.vhost) + std::string(why)};
    };
    if (!queue.stored()) return refuse(": it is not durable, or exclusive, and keeps no history");
    if (queue.spec.level_count() > 1) return refuse(": it has priorities, and not one order");
    return ok();
}

// Makes the cursor, if the reader has one that is new: from where the reader begins.
Task<Result<QueueReaders::Place>> place_of_reader(BrokerShard::Parts& here,
                                                  const SessionContext& session,
                                                  QueueEntryRef queue,
                                                  const ConsumeRequest& request) {
    VARVE_CO_TRY(check_readable(*queue));
    const std::string& name = request.cursor;
    if (name.empty()) {
        VARVE_CO_TRY(
            const Offset begin,
            co_await here.begin_of_reader(queue, request.read_from.value_or(ReaderStart{})));
        co_return QueueReaders::Place{begin};
    }
    const CursorId cursor = cursor_id_of(name);
    const QueueSlot* slot = session.vhost->find_queue(queue->name);
    if (slot != nullptr && slot->entry == queue && slot->cursors.contains(name))
        co_return QueueReaders::Place{{}, cursor};
    VARVE_CO_TRY(const Offset begin,
                 co_await here.begin_of_reader(queue, request.read_from.value_or(ReaderStart{})));
    VARVE_CO_TRY(co_await run_on(here.commons.shards.at(0),
                                 here.commons.registrar().add_cursor(queue, name, begin)));
    co_return QueueReaders::Place{begin, cursor};
}

}  // namespace

bool BrokerShard::is_stream(const SessionContext& session, const std::string& queue) {
    const QueueSlot* slot = session.vhost->find_queue(queue);
    return slot != nullptr && slot->entry->spec.is_stream();
}

Task<Result<QueueAddress>> BrokerShard::consume(SessionContext session,
                                                ConsumeRequest request,
                                                std::shared_ptr<ConsumerPort> port) {
    VARVE_CO_TRY(parts_->allow(session, Right::read, {ResourceKind::queue, request.queue}));
    VARVE_CO_TRY(const QueueEntryRef queue, find_accessible(session, request.queue));
    const bool is_stream = queue->spec.is_stream();
    if (is_stream) VARVE_CO_TRY(check_stream_consumer(*queue, request));
    if (request.reads() || is_stream) {
        VARVE_CO_TRY(parts_->allow_replay(session, *queue));
        VARVE_CO_TRY(const QueueReaders::Place place,
                     co_await place_of_reader(*parts_, session, queue, request));
        Consumer reader{.port = std::move(port),
                        .ack_mode = request.no_ack ? AckMode::automatic : AckMode::reading};
        auto add = [reader = std::move(reader), place, filter = std::move(request.filter)](
                       Queue& found) -> Result<QueueAddress> {
            VARVE_TRY(found.add_reader(reader, place, filter));
            return found.entry().address();
        };
        co_return co_await at_queue(*parts_, queue, std::move(add));
    }
    if (parts_->commons.moves.worthwhile(
            *queue, parts_->shard.index(), parts_->commons.clock.monotonic())) {
        co_await run_on(parts_->commons.shards.at(0),
                        parts_->commons.moves.move(queue, parts_->shard.index()));
    }
    Consumer consumer{.port = std::move(port),
                      .ack_mode = request.no_ack ? AckMode::automatic : AckMode::manual,
                      .priority = request.priority,
                      .exclusive = request.exclusive,
                      .timeout = request.timeout};
    auto add = [consumer = std::move(consumer)](Queue& found) mutable -> Result<QueueAddress> {
        VARVE_TRY(found.add_consumer(std::move(consumer)));
        return found.entry().address();
    };
    co_return co_await at_queue(*parts_, queue, std::move(add));
}

Task<void> BrokerShard::end_deliveries(QueueAddress queue, std::shared_ptr<ConsumerPort> port) {
    Parts& there = parts_->commons.parts_of(queue.shard);
    auto end = [&there, id = queue.id, port] {
        if (Queue* found = there.queues.find(id)) found->end_deliveries(*port);
        // What is on its way to the port arrives before the answer.
        there.mail.flush();
    };
    co_await on_shard(there.shard, std::move(end));
}

Task<void> BrokerShard::cancel(QueueAddress queue, std::shared_ptr<ConsumerPort> port) {
    parts_->mail.flush();
    Parts& there = parts_->commons.parts_of(queue.shard);
    auto remove = [&there, id = queue.id, port] {
        if (Queue* found = there.queues.find(id)) found->remove_consumer(*port);
        // What is on its way to the port arrives before the answer.
        there.mail.flush();
    };
    co_await on_shard(there.shard, std::move(remove));
}

namespace {

using GetAnswer = Result<std::optional<GotRecord>>;

// On the queue's shard: answers now, or tries again each time something was read or written for the
// queue. Nothing if the queue is not there any more.
void try_get(BrokerShard::Parts& there,
             const QueueEntryRef& queue,
             AckMode ack_mode,
             const std::function<void(std::optional<GetAnswer>)>& answer) {
    Queue* found = there.queues.find(queue->id);
    if (found == nullptr && queue->has_left(there.shard.index())) return answer(std::nullopt);
    if (found == nullptr) return answer(GetAnswer(gone(*queue)));
    GotRecord got;
    switch (found->get(ack_mode, got)) {
        case Queue::GetResult::got:
            return answer(GetAnswer(std::optional(std::move(got))));
        case Queue::GetResult::empty:
            return answer(GetAnswer(std::optional<GotRecord>()));
        case Queue::GetResult::wait:
            found->when_changed(
                [&there, queue, ack_mode, answer] { try_get(there, queue, ack_mode, answer); });
    }
}

}  // namespace

Task<Result<std::optional<GotRecord>>> BrokerShard::get(SessionContext session,
                                                        std::string name,
                                                        bool no_ack) {
    VARVE_CO_TRY(parts_->allow(session, Right::read, {ResourceKind::queue, name}));
    VARVE_CO_TRY(const QueueEntryRef queue, find_accessible(session, name));
    if (queue->spec.is_stream()) {
        co_return Error{
            ErrorCode::not_implemented,
            "basic.get not supported by stream queues " + queue_text(queue->name, queue->vhost)};
    }
    if (queue->spec.single_active_consumer && queue->spec.type == QueueType::quorum) {
        co_return Error{ErrorCode::resource_locked,
                        "cannot obtain access to locked " + queue_text(queue->name, queue->vhost) +
                            ". basic.get operations are not supported by quorum queues with "
                            "single active consumer"};
    }
    VARVE_CO_TRY(co_await parts_->commits.arrived(queue->id, parts_->topology));
    parts_->mail.flush();
    const AckMode ack_mode = no_ack ? AckMode::automatic : AckMode::manual;
    while (true) {
        Parts& there = parts_->commons.parts_of(queue->shard());
        using Answered = std::optional<GetAnswer>;  // nothing: the queue has moved
        Answered got = co_await resumed_by<Answered>([&](std::function<void(Answered)> answer) {
            if (there.shard.is_current()) return try_get(there, queue, ack_mode, answer);
            there.shard.post(
                [&there, queue, ack_mode, answer] { try_get(there, queue, ack_mode, answer); });
        });
        if (got) co_return std::move(*got);
        co_await moved(*parts_, queue);
    }
}

std::string BrokerShard::begin_replies(std::shared_ptr<ConsumerPort> port) {
    std::string name = generated_name(kReplyPrefix, *parts_->commons.options.rng);
    parts_->commons.replies.add(name, std::move(port));
    return name;
}

void BrokerShard::end_replies(const std::string& name) { parts_->commons.replies.remove(name); }

bool BrokerShard::publishing_held() const { return parts_->commons.flow.held(); }
bool BrokerShard::publishing_stopped() const { return parts_->commons.flow.stopped(); }
AlarmState BrokerShard::alarms() const { return parts_->commons.flow.alarms(); }

std::shared_ptr<void> BrokerShard::on_flow_change(std::function<void()> handler) {
    auto subscription =
        std::make_shared<Parts::FlowSubscription>(Parts::FlowSubscription{std::move(handler)});
    parts_->flow_subscriptions.push_back(subscription);
    return subscription;
}

}  // namespace varve
