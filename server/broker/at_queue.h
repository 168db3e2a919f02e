// Finding the queue that a session names, and working with it on its shard.
#pragma once

#include "server/broker/broker_parts.h"
#include "server/broker/ownership.h"
#include "server/broker/resource.h"

#include <string>
#include <type_traits>
#include <utility>

namespace varve {

inline Result<QueueEntryRef> find_there(const SessionContext& session, const std::string& name) {
    const QueueSlot* slot = session.vhost->find_queue(name);
    if (slot == nullptr)
        return Error{ErrorCode::not_found, "no " + queue_text(name, session.vhost->name())};
    return slot->entry;
}

inline Result<QueueEntryRef> find_accessible(const SessionContext& session,
                                             const std::string& name) {
    VARVE_TRY(const QueueEntryRef queue, find_there(session, name));
    VARVE_TRY(check_accessible(*queue, session));
    return queue;
}

inline Error gone(const QueueEntry& queue) {
    return {ErrorCode::not_found, "no " + queue_text(queue.name, queue.vhost)};
}

// Runs `work` with the queue on its shard, after all that this shard has sent there.
template <typename Work, typename Answer = std::invoke_result_t<Work, Queue&>>
Task<Answer> at_queue(BrokerShard::Parts& here, QueueEntryRef queue, Work work) {
    VARVE_CO_TRY(co_await here.commits.arrived(queue->id, here.topology));
    here.mail.flush();
    BrokerShard::Parts& there = here.commons.parts_of(queue->shard);
    auto find_and_work = [&there, queue, work = std::move(work)]() mutable -> Answer {
        Queue* found = there.queues.find(queue->id);
        if (found == nullptr) return gone(*queue);
        return work(*found);
    };
    co_return co_await on_shard(there.shard, std::move(find_and_work));
}

}  // namespace varve
