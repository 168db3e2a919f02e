// How named cursors come, move and go.
#include "server/broker/definitions.h"
#include "server/broker/named_cursor.h"
#include "server/broker/registrar.h"
#include "server/broker/resource.h"

#include <algorithm>

namespace varve {

Task<Result<void>> Registrar::add_cursor(QueueEntryRef queue, std::string name, Offset floor) {
    const QueueSlot* slot = parts_.topology.find_queue(queue->id);
    if (slot == nullptr)
        co_return Error{ErrorCode::not_found, "no " + queue_text(queue->name, queue->vhost)};
    if (slot->cursors.contains(name)) co_return co_await steps_.settled();
    if (slot->cursors.size() >= kNamedCursorsMax) {
        co_return Error{ErrorCode::precondition,
                        queue_text(queue->name, queue->vhost) + " has " +
                            std::to_string(kNamedCursorsMax) +
                            " cursors, which is as many as it may"};
    }
    const CursorId id = cursor_id_of(name);
    const bool is_taken = std::ranges::any_of(
        slot->cursors, [id](const std::string& other) { return cursor_id_of(other) == id; });
    if (is_taken)
        co_return Error{ErrorCode::precondition,
                        "cursor name '" + name + "' collides: choose another"};
    TopologyStep step;
    const CursorDefinition definition{queue->id, name};
    step.transaction.put(cursor_key(definition), encode(definition));
    step.transaction.create_cursor(queue->logs.front(), id, floor);
    apply(step, CursorAdded{queue, std::move(name)});
    co_return co_await steps_.run(std::move(step));
}

Task<Result<void>> Registrar::change_cursor(QueueEntryRef queue,
                                            std::string name,
                                            std::function<void(TopologyStep&)> change) {
    const QueueSlot* slot = parts_.topology.find_queue(queue->id);
    if (slot == nullptr || !slot->cursors.contains(name)) co_return no_cursor(*queue, name);
    // From here on it does not move: somebody reads under a cursor of it, or holds one.
    co_await parts_.arrived(queue);
    Shard& there = parts_.shards.at(queue->shard());
    const QueueAddress address = queue->address();
    const CursorId id = cursor_id_of(name);
    VARVE_CO_TRY(co_await run_on(there, parts_.hold_cursor(address, id)));
    auto release = [this, address, id] { parts_.release_cursor(address, id); };
    // Somebody else may have had it in between.
    Result<void> done = no_cursor(*queue, name);
    slot = parts_.topology.find_queue(queue->id);
    if (slot != nullptr && slot->cursors.contains(name)) {
        TopologyStep step;
        change(step);
        done = co_await steps_.run(std::move(step));
    }
    co_await on_shard(there, std::move(release));
    co_return done;
}

Task<Result<void>> Registrar::reset_cursor(QueueEntryRef queue, std::string name, Offset floor) {
    // One frame: after a crash it is at the one place or the other.
    std::function<void(TopologyStep&)> move =
        [queue, floor, id = cursor_id_of(name)](TopologyStep& step) {
            step.transaction.delete_cursor(queue->logs.front(), id);
            step.transaction.create_cursor(queue->logs.front(), id, floor);
        };
    return change_cursor(std::move(queue), std::move(name), std::move(move));
}

Task<Result<void>> Registrar::delete_cursor(QueueEntryRef queue, std::string name) {
    std::function<void(TopologyStep&)> remove = [this, queue, name](TopologyStep& step) {
        step.transaction.delete_cursor(queue->logs.front(), cursor_id_of(name));
        step.transaction.erase(cursor_key({queue->id, name}));
        apply(step, CursorRemoved{queue, name});
    };
    return change_cursor(std::move(queue), std::move(name), std::move(remove));
}

}  // namespace varve
