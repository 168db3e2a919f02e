#include "server/broker/queue_readers.h"

#include "server/broker/handover.h"

#include <algorithm>
#include <utility>

namespace varve {

void QueueReaders::add(Consumer consumer, const LogRef& log, Offset begin) {
    readers_.emplace_back(next_number_++, std::move(consumer), log, begin, context_.window_memory);
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
    return std::erase_if(readers_, [&](const Reader& reader) {
               return reader.consumer.port.get() == &port;
           }) > 0;
}

void QueueReaders::cancel(CancelReason reason) {
    for (const Reader& reader : readers_) {
        const auto& port = reader.consumer.port;
        context_.mail.to(port->shard).cancellations.push_back({port, reason});
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
        } else if (!reader.consumer.stalled) {
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
    while (budget > 0 && !consumer.stalled && !consumer.ended && reader.next < end) {
        const RecordCursor* at = reader.window.find(reader.next);
        if (at == nullptr) return;
        if (!take_credit(consumer)) {
            consumer.stalled = true;
            return;
        }
        const RecordView& record = at->record();
        const int64_t size = outbox_size(record);
        consumer.pending_bytes += size;
        if (consumer.port->outbox_bytes != nullptr) consumer.port->outbox_bytes->fetch_add(size);
        consumer.pending.push_back({.key = {.offset = reader.next},
                                    .batch = at->batch(),
                                    .record = record,
                                    .tells_offset = true});
        reader.next = reader.next + 1;
        --budget;
    }
}

void QueueReaders::flush(Consumer& consumer) {
    if (consumer.pending.empty() || hand_over_pending(context_, entry_.address(), consumer)) return;
    consumer.stalled = true;
    if (is_answered(consumer.ack_mode) && consumer.port->channel_credit != nullptr)
        consumer.port->channel_credit->give_back(static_cast<uint32_t>(consumer.pending.size()));
    consumer.pending.clear();
}

}  // namespace varve
