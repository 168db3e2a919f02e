// Finding the queue that a session names, and working with it on its shard.
#pragma once

#include "server/broker/broker_parts.h"
#include "server/broker/ownership.h"
#include "server/broker/resource.h"

#include <memory>
#include <optional>
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

// Resumes when a queue that was not found where it was looked for is somewhere.
inline Task<bool> moved(BrokerShard::Parts& here, QueueEntryRef queue) {
    co_return co_await run_on(here.commons.shards.at(0),
                              here.commons.moves.arrived(std::move(queue)));
}

// Runs `work` with the queue on its shard, after all that this shard has sent there.
template <typename Work, typename Answer = std::invoke_result_t<Work, Queue&>>
Task<Answer> at_queue(BrokerShard::Parts& here, QueueEntryRef queue, Work work) {
    VARVE_CO_TRY(co_await here.commits.arrived(queue->id, here.topology));
    here.mail.flush();
    // Shared with the other shard: it is called once, wherever the queue is found.
    const auto shared = std::make_shared<Work>(std::move(work));
    while (true) {
        BrokerShard::Parts& there = here.commons.parts_of(queue->shard());
        auto find_and_work = [&there, queue, shared]() -> std::optional<Answer> {
            if (Queue* found = there.queues.find(queue->id)) return (*shared)(*found);
            if (queue->has_left(there.shard.index())) return std::nullopt;
            return Answer(gone(*queue));
        };
        std::optional<Answer> answer = co_await on_shard(there.shard, std::move(find_and_work));
        if (answer) co_return std::move(*answer);
        co_await moved(here, queue);
    }
}

}  // namespace varve
