// Decides every change of the topology, on shard 0 (decision 0003): checks it, makes it durable,
// tells every shard.
#pragma once

#include "engine/engine.h"
#include "server/async/task.h"
#include "server/broker/account_book.h"
#include "server/broker/broker_shard.h"
#include "server/broker/policy_book.h"
#include "server/broker/session_limits.h"
#include "server/broker/topology.h"
#include "server/broker/topology_steps.h"

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace varve {

// What the registrar needs. All outlive it.
struct RegistrarParts {
    Engine& engine;
    ShardSet& shards;
    Topology& topology;  // of shard 0
    Clock& clock;
    Rng& rng;
    RetentionPolicy retention_default;
    // As of now; on shard 0.
    std::function<std::shared_ptr<const PolicyBook>()> policies;
    std::function<AccountsRef()> accounts;
    SessionLimits& limits;
    // Applies changes on a shard; called there.
    std::function<void(ShardIndex, const TopologyChange&)> apply;
    // Closes a queue, on its shard: see Queue::close().
    std::function<Result<uint64_t>(const QueueAddress&, const DeleteConditions&)> close;
    // Resumes when a queue that moves is where it moves to.
    std::function<Task<bool>(QueueEntryRef)> arrived;
    // See BrokerShard::Parts::hold_cursor(); to be called on the queue's shard.
    std::function<Task<Result<void>>(QueueAddress, CursorId)> hold_cursor;
    std::function<void(QueueAddress, CursorId)> release_cursor;
    // Publishes to the end of one binding; see BrokerShard::Parts::replay().
    std::function<Task<Result<void>>(
        std::string vhost, BindingDeclaration, std::vector<RememberedRef>)>
        replay;
};

// A change is validated and applied on shard 0 in one go, then carried out (TopologySteps). The
// caller resumes when it is durable and every shard has it. Vhosts are named: the
// caller's pointers belong to its own shard.
//
// Threading: Shard-bound to shard 0.
class Registrar {
public:
    explicit Registrar(RegistrarParts parts);

    Task<Result<void>> declare_exchange(SessionContext session, ExchangeDeclaration declaration);
    Task<Result<void>> delete_exchange(SessionContext session, std::string name, bool if_unused);
    Task<Result<QueueStatus>> declare_queue(SessionContext session, QueueDeclaration declaration);
    Task<Result<uint64_t>> delete_queue(SessionContext session,
                                        std::string name,
                                        DeleteConditions conditions);
    // Gives a reader a place in the queue's log, from `floor` on, if none has the name.
    // `precondition` one too many.
    Task<Result<void>> add_cursor(QueueEntryRef queue, std::string name, Offset floor);
    // Moves one to `floor`, wherever it was. `not_found`; `precondition` while somebody reads under
    // it.
    Task<Result<void>> reset_cursor(QueueEntryRef queue, std::string name, Offset floor);
    // What it alone has kept goes by retention from now on. Errors are as above.
    Task<Result<void>> delete_cursor(QueueEntryRef queue, std::string name);
    Task<Result<void>> bind(SessionContext session, BindingDeclaration binding);
    Task<Result<void>> unbind(SessionContext session, BindingDeclaration binding);
    Task<Result<void>> end_session(SessionId session);
    // Applies and carries out what was decided on this shard, just now.
    Task<Result<void>> enact(TopologyStep step);

    // `facts`: what else belongs to the vhost, in the same transaction. `busy` while one of that
    // name is being deleted.
    Task<Result<void>> add_vhost(std::string name, Transaction facts);
    // First of two steps to its end: closes every queue in it. Nothing new comes into it from now
    // on.
    Task<void> empty_vhost(std::string name);
    // The second: it goes with all that is in it, and with `facts`, in one transaction.
    Task<Result<void>> remove_vhost(std::string name, Transaction facts);
    bool is_leaving(const std::string& vhost) const { return leaving_.contains(vhost); }

    // Deletes a queue that closed itself. Nobody waits.
    void remove_closed(const QueueEntryRef& queue);
    // An exclusive queue dies with its session.
    void note_owner(const QueueEntryRef& queue);

    static ShardIndex shard_of(const QueueId& id, uint32_t shard_count);

private:
    Result<Vhost*> vhost_of(const SessionContext& session) const;
    Result<void> check_ends(const Vhost& vhost,
                            const SessionContext& session,
                            const BindingDeclaration& binding) const;
    QueueEntryRef make_queue(const SessionContext& session,
                             const QueueDeclaration& declaration,
                             QueueSpec spec,
                             const RetentionPolicy& retention);
    void apply(TopologyStep& step, TopologyChange change);
    // Adds a new queue.
    QueueEntryRef add_queue(TopologyStep& step,
                            const SessionContext& session,
                            const QueueDeclaration& declaration,
                            QueueSpec spec);
    // Applies changed arguments to one that is there.
    Task<Result<void>> change_queue(const QueueSlot& slot,
                                    const QueueDeclaration& declaration,
                                    QueueSpec spec);
    // The queue of a delayed exchange for what is not due yet.
    Result<void> add_delay_queue(TopologyStep& step,
                                 const SessionContext& session,
                                 const ExchangeDeclaration& exchange);
    void remove_queue(TopologyStep& step, const QueueEntryRef& queue);
    // Runs the step that `change` puts together while nobody reads under the cursor.
    Task<Result<void>> change_cursor(QueueEntryRef queue,
                                     std::string name,
                                     std::function<void(TopologyStep&)> change);
    void clear_vhost(TopologyStep& step, const std::string& name);
    void remove_exchange(TopologyStep& step, const std::string& vhost, const std::string& name);
    void erase_bindings(TopologyStep& step, const std::vector<Binding>& bindings);
    void remove_if_unbound(TopologyStep& step,
                           Vhost& vhost,
                           const std::vector<std::string>& exchanges);

    RegistrarParts parts_;
    TopologySteps steps_;
    std::unordered_map<SessionId, std::set<QueueId>> owned_;
    std::set<std::string> leaving_;  // vhosts whose queues are being closed
};

}  // namespace varve
