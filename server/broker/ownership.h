// Reserved names and exclusive queues: who may touch them. And what a declaration answers.
#pragma once

#include "engine/base/result.h"
#include "server/broker/broker_shard.h"
#include "server/broker/delay.h"
#include "server/broker/queue_entry.h"
#include "server/broker/resource.h"

namespace varve {

// `access_refused` for a name that only the broker gives.
inline Result<void> check_not_reserved(std::string_view kind, const std::string& name) {
    if (!name.starts_with("amq.")) return ok();
    return Error{ErrorCode::access_refused,
                 std::string(kind) + " name '" + name + "' contains reserved prefix 'amq.*'"};
}

inline Error locked_queue(const QueueEntry& queue) {
    return {ErrorCode::resource_locked,
            "cannot obtain exclusive access to locked " + queue_text(queue.name, queue.vhost) +
                ". It could be originally declared on another connection or the exclusive property "
                "value does not "
                "match that of the original declaration."};
}

// `resource_locked` for the exclusive queue of another session; `access_refused` for what nobody
// but its exchange may use.
inline Result<void> check_accessible(const QueueEntry& queue, const SessionContext& session) {
    if (is_delay_queue(queue.name)) {
        return Error{ErrorCode::access_refused,
                     queue_text(queue.name, queue.vhost) +
                         " holds delayed messages: it cannot be used, bound or deleted"};
    }
    if (queue.owner == 0 || queue.owner == session.id) return ok();
    return locked_queue(queue);
}

// The same for a declaration, which must ask for what is there.
inline Result<void> check_declared_by(const QueueEntry& queue,
                                      const SessionContext& session,
                                      const QueueSpec& asked) {
    const SessionId wanted = asked.exclusive ? session.id : 0;
    if (queue.owner == wanted) return ok();
    return locked_queue(queue);
}

// As of now. Of a stream everything that it keeps is ready.
inline QueueStatus status_of(const QueueEntry& queue) {
    const uint64_t ready = queue.spec.is_stream()
                               ? static_cast<uint64_t>(queue.logs.front()->range().count())
                               : queue.live.ready.load(std::memory_order_acquire);
    return {.name = queue.name,
            .ready = ready,
            .unsettled = queue.live.unsettled.load(std::memory_order_acquire),
            .consumers = queue.live.consumers.load(std::memory_order_acquire)};
}

}  // namespace varve
