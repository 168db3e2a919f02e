#include "server/broker/queue_readers.h"

#include "server/broker/handover.h"
#include "server/broker/resource.h"

#include <algorithm>
#include <utility>

namespace varve {

Error QueueReaders::in_use(ErrorCode code, Use use) const {
    return {code,
            queue_text(entry_.name, entry_.vhost) +
                (use == Use::reading ? " is being read under this cursor"
                                     : " has this cursor reset or deleted at this moment")};
}

Result<QueueReaders::Progress*> QueueReaders::take(CursorId cursor, const Log& log) {
    const auto known = cursors_.find(cursor);
    if (known != cursors_.end()) {
        Progress& progress = known->second;
        if (progress.use != Use::idle) return in_use(ErrorCode::access_refused, progress.use);
        progress.use = Use::reading;
        return &progress;
    }
    const auto found = log.cursor(cursor);
    if (!found) {
        return Error{
            ErrorCode::not_found,
            "the cursor of " + queue_text(entry_.name, entry_.vhost) + " has just been deleted"};
    }
    return &cursors_.try_emplace(cursor, Progress{.settled = found->settled, .use = Use::reading})
                .first->second;
}

Result<void> QueueReaders::hold(CursorId cursor) {
    Progress& progress = cursors_[cursor];
    if (progress.use != Use::idle) return in_use(ErrorCode::precondition, progress.use);
    progress.use = Use::held;
    return ok();
}

CursorFigures QueueReaders::look_at(CursorId cursor, const Log& log) const {
    const auto known = cursors_.find(cursor);
    const bool is_ahead = known != cursors_.end() && known->second.use != Use::held;
    const auto durable = is_ahead ? std::nullopt : log.cursor(cursor);
    if (!is_ahead && !durable) return {};
    const SettledSet& settled = is_ahead ? known->second.settled : durable->settled;
    const auto [begin, end] = log.range();
    const Offset next = std::clamp(settled.floor(), begin, end);
    return {.next = next,
            .behind = (end.value - next.value) - settled.count_in({next, end}),
            .in_use = is_ahead && known->second.use == Use::reading};
}

Result<void> QueueReaders::add(Consumer consumer,
                               const LogRef& log,
                               const Place& place,
                               ReaderFilter filter) {
    Progress* progress = nullptr;
    if (place.cursor != kQueueCursor) {
        VARVE_TRY(progress, take(place.cursor, *log));
    }
    Reader& reader =
        readers_.emplace_back(next_number_++, std::move(consumer), log, context_.window_memory);
    reader.cursor = place.cursor;
    reader.progress = progress;
    reader.filter = std::move(filter);
    reader.next = progress == nullptr ? place.begin : progress->settled.floor();
    return ok();
}

void QueueReaders::end(const Reader& reader) {
    if (reader.progress != nullptr) reader.progress->use = Use::idle;
}

void QueueReaders::settle(CursorId cursor, OffsetRange range, bool is_logged) {
    const auto known = cursors_.find(cursor);
    if (known == cursors_.end() || known->second.use == Use::held) return;
    Progress& progress = known->second;
    if (!is_logged) range.end = std::min(range.end, progress.delivered_end);
    if (range.empty()) return;
    progress.settled.settle(range);
    if (is_logged) return;
    context_.commits.settle(
        {entry_.logs.front(), cursor}, progress.settle_slot, range, Outcome::acked);
}

QueueReaders::Reader* QueueReaders::find(const ConsumerPort& port) {
    const auto found = std::ranges::find_if(
        readers_, [&](const Reader& reader) { return reader.consumer.port.get() == &port; });
    return found == readers_.end() ? nullptr : &*found;
}

bool QueueReaders::end_deliveries(const ConsumerPort& port) {
    Reader* reader = find(port);
    if (reader != nullptr) reader->consumer.ended = true;
    return reader != nullptr;
}

bool QueueReaders::remove(const ConsumerPort& port) {
    const Reader* reader = find(port);
    if (reader == nullptr) return false;
    end(*reader);
    readers_.remove_if([reader](const Reader& each) { return &each == reader; });
    return true;
}

void QueueReaders::cancel(CancelReason reason) {
    for (const Reader& reader : readers_) {
        const auto& port = reader.consumer.port;
        context_.mail.to(port->shard).cancellations.push_back({port, reason});
        end(reader);
    }
    readers_.clear();
}

void QueueReaders::poke() {
    for (Reader& reader : readers_) reader.consumer.stalled = false;
}

void QueueReaders::add_read(uint64_t number, const ReadResult& result) {
    const auto reader = std::ranges::find(readers_, number, &Reader::number);
    if (reader == readers_.end()) return;
    if (!result) return reader->window.read_failed();
    reader->window.add_read(*result);
    // What lies in front of what was found is gone.
    const Offset found = result->empty() ? reader->read_end : result->front()->base();
    reader->next = std::max(reader->next, found);
}

bool QueueReaders::deliver(const Queue& queue, Offset end, int budget) {
    for (size_t left = readers_.size(); left > 0 && budget > 0; --left) {
        Reader& reader = readers_.front();
        readers_.splice(readers_.end(), readers_, readers_.begin());
        deliver_to(reader, end, budget);
        flush(reader.consumer);
        if (reader.next >= end) {
            reader.window.release_if_crowded();
        } else if (!reader.consumer.stalled && !reader.consumer.ended) {
            if (const auto wanted = reader.window.read_wanted(LogWindow::Demand::run, end)) {
                reader.read_end = end;
                context_.read(queue, {.reader = reader.number}, reader.window.log(), *wanted);
            }
        }
    }
    return budget <= 0;
}

void QueueReaders::deliver_to(Reader& reader, Offset end, int& budget) {
    Consumer& consumer = reader.consumer;
    // Purged, or gone by retention.
    reader.next = std::max(reader.next, reader.window.log()->range().begin);
    skip_settled(reader);
    while (budget > 0 && !consumer.stalled && !consumer.ended && reader.next < end) {
        const RecordCursor* at = reader.window.find(reader.next);
        if (at == nullptr) return;
        if (!reader.filter.wants(at->record().properties)) {
            pass_over(reader);
        } else if (take_credit(consumer)) {
            hand_over(reader, *at);
        } else {
            consumer.stalled = true;
            return;
        }
        skip_settled(reader);
        --budget;
    }
}

void QueueReaders::hand_over(Reader& reader, const RecordCursor& at) {
    Consumer& consumer = reader.consumer;
    const RecordView& record = at.record();
    const int64_t size = outbox_size(record);
    consumer.pending_bytes += size;
    if (consumer.port->outbox != nullptr) consumer.port->outbox->add(size);
    Progress* progress = reader.progress;
    consumer.pending.push_back(
        {.key = {.offset = reader.next},
         .batch = at.batch(),
         .record = record,
         .redelivered = progress != nullptr && reader.next < progress->delivered_end,
         .tells_offset = true});
    reader.next = reader.next + 1;
    if (progress == nullptr) return;
    progress->delivered_end = std::max(progress->delivered_end, reader.next);
    if (consumer.ack_mode == AckMode::automatic)
        settle(reader.cursor, {reader.next + -1, reader.next}, false);
}

void QueueReaders::pass_over(Reader& reader) {
    reader.next = reader.next + 1;
    if (reader.progress == nullptr) return;
    reader.progress->delivered_end = std::max(reader.progress->delivered_end, reader.next);
    settle(reader.cursor, {reader.next + -1, reader.next}, false);
}

void QueueReaders::skip_settled(Reader& reader) const {
    if (reader.progress == nullptr) return;
    const SettledSet& settled = reader.progress->settled;
    reader.next = std::max(reader.next, settled.floor());
    while (settled.count_above_floor() > 0 && settled.contains(reader.next))
        reader.next = reader.next + 1;
}

void QueueReaders::flush(Consumer& consumer) {
    if (consumer.pending.empty() || hand_over_pending(context_, entry_.address(), consumer)) return;
    consumer.stalled = true;
    if (is_answered(consumer.ack_mode) && consumer.port->channel_credit != nullptr)
        consumer.port->channel_credit->give_back(static_cast<uint32_t>(consumer.pending.size()));
    consumer.pending.clear();
}

}  // namespace varve
