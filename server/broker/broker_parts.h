// What stands behind one BrokerShard.
#pragma once

#include "server/auth/authenticator.h"
#include "server/broker/account_book.h"
#include "server/broker/administration.h"
#include "server/broker/broker.h"
#include "server/broker/commit_buffer.h"
#include "server/broker/flow.h"
#include "server/broker/mail.h"
#include "server/broker/message_facts.h"
#include "server/broker/policies.h"
#include "server/broker/queue_moves.h"
#include "server/broker/queue_table.h"
#include "server/broker/registrar.h"
#include "server/broker/reply_directory.h"
#include "server/broker/sender_routes.h"
#include "server/broker/session_rights.h"
#include "server/broker/topology.h"

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace varve {

// What the shards have in common. Outlives them.
struct BrokerCommons {
    Engine& engine;
    ShardSet& shards;
    Clock& clock;
    BrokerOptions options;
    PostOffice& office;
    ReaderPool& readers;
    Flow& flow;
    ReplyDirectory& replies;
    Authenticator& authenticator;
    SessionLimits& limits;
    QueueMoves& moves;
    LoginRules& login_rules;
    std::function<Registrar&()> registrar;  // used on shard 0 only
    std::function<AccountBook&()> book;     // used on shard 0 only
    std::function<Policies&()> policies;    // used on shard 0 only
    std::function<BrokerShard::Parts&(ShardIndex)> parts_of;
};

// Threading: Shard-bound, but for construction.
struct BrokerShard::Parts {
    Parts(BrokerCommons commons, ShardIndex index);

    // The turn that runs now changes something: end_turn() is called when it is over.
    void note_change();
    void end_turn();
    void receive(Letter letter);
    void apply(const TopologyChange& change);
    // The last step of a queue's move to this shard.
    void take_over(const QueueEntryRef& queue, QueueLeft left);
    // `not_found`, or `access_refused` for one that clients may not publish to.
    static Result<Exchange*> find_publishable(Vhost& vhost, ByteView name);
    // Finds the queues that a message goes to: see `routed`.
    Result<void> route(Vhost& vhost,
                       const RecordView& record,
                       const MessageFacts& facts,
                       const HeaderMarks& marks);
    // Publishes what an exchange remembers to where a new binding leads, if that is still there.
    // Resumes when it has arrived.
    Task<Result<void>> replay(std::string vhost,
                              BindingDeclaration binding,
                              std::vector<RememberedRef> messages);
    // After all that this shard has sent to the queue. Times are looked up on the disk, by a thread
    // of the pool.
    Task<Result<Offset>> begin_of_reader(QueueEntryRef queue, ReaderStart start);
    // See QueueReaders::hold(). Resumes when all that was settled before is durable. `not_found`
    // without the queue, which is one of this shard.
    Task<Result<void>> hold_cursor(QueueId queue, CursorId cursor);
    void release_cursor(QueueId queue, CursorId cursor);
    // Whether a stream has the message already. A fresh one is to be put, in this turn.
    PublishingIds::Admission admit_publishing(const QueueSlot& stream, const MessageFacts& facts);
    // Puts one message into one queue, in this turn; answers where it went. Nothing if the queue is
    // full and refuses it.
    std::optional<Lane> put(QueueSlot& queue, const MessageFacts& facts, RecordView record);
    // Puts a delayed message into the stage of its wait that comes next, or routes it.
    Lane hold(QueueSlot& queue, const MessageFacts& facts, RecordView record);
    void release(QueueSlot& queue, const std::string& exchange, const RecordView& record);
    // Publishes what became of a dead message, in this turn.
    void bury(const QueueEntry& source,
              const DeadLetterTarget& target,
              const RecordView& record,
              DeathReason reason);
    // The queue was full: becomes a dead letter if the queue is one that wants that.
    void bury_refused(const QueueSlot& queue, const RecordView& record);
    // Settles within this turn's transaction, whatever shard the queue is on.
    void settle_now(const QueueSlot& slot, const Settlement& settlement, Outcome outcome);
    // Sends it to the requester that waits under the record's routing key; false if there is none.
    bool reply(const RecordView& record);
    void tell_flow();
    // From now on these are the users and rights.
    void set_accounts(AccountsRef now);
    // `access_refused` if the session's user may not: broker_rights.cc.
    Result<void> allow(const SessionContext& session, Right right, const Resource& resource) const;
    Result<void> allow_any(const SessionContext& session, const Resource& resource) const;
    // Whether somebody who may read the queue may also read what has left it, or was there before
    // him. Streams are for that.
    Result<void> allow_replay(const SessionContext& session, const QueueEntry& queue) const;
    Result<void> allow_declare(const SessionContext& session,
                               const ExchangeDeclaration& declaration) const;
    Result<void> allow_declare(const SessionContext& session,
                               const QueueDeclaration& declaration) const;
    Result<void> allow_binding(const SessionContext& session,
                               const BindingDeclaration& binding) const;
    Result<void> allow_publish(const SessionContext& session,
                               ByteView exchange,
                               ByteView routing_key) const;

    struct FlowSubscription {
        std::function<void()> handler;
    };

    BrokerCommons commons;
    Shard& shard;
    Topology topology;
    AccountsRef accounts = std::make_shared<const Accounts>();
    std::vector<std::weak_ptr<std::function<void()>>> accounts_subscriptions;
    std::unique_ptr<Administration> administration;
    OutgoingMail mail;
    CommitBuffer commits;
    QueueTable queues;
    std::vector<std::weak_ptr<FlowSubscription>> flow_subscriptions;
    std::vector<QueueSlot*> routed;  // kept, so that a publish allocates nothing
    bool change_noted = false;
    uint32_t refusals = 0;  // dead letters that were refused one by the other, at this moment
};

}  // namespace varve
