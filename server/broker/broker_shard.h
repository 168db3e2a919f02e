// One shard's door to the broker: what a session calls. The session never sees a queue, a log or
// another shard.
#pragma once

#include "engine/base/result.h"
#include "engine/engine.h"
#include "server/async/shard.h"
#include "server/async/task.h"
#include "server/broker/consumer_port.h"
#include "server/broker/declarations.h"
#include "server/broker/flow.h"
#include "server/broker/named_cursor.h"
#include "server/broker/names.h"
#include "server/broker/publisher.h"
#include "server/broker/rejected_records.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace varve {

class Administration;  // users, rights and vhosts: administration.h
class SessionRights;   // what a session's user may do: session_rights.h
class Vhost;  // one namespace of exchanges and queues, this shard's replica of it; lives as long as
              // the shard

// Who asks. Made once per connection.
struct SessionContext {
    SessionId id = 0;
    Vhost* vhost = nullptr;
    std::string vhost_name;
    std::string user;
    std::string peer;  // for messages: "127.0.0.1:50312"
    // Null for the broker itself, which may do everything: sessions of users come from
    // Administration::open_session(). Shared by the copies that go with each call.
    std::shared_ptr<SessionRights> rights = nullptr;
};

// One publish, parsed. All views are borrowed for the call.
struct PublishRequest {
    ByteView exchange;
    ByteView routing_key;
    ByteView properties;  // AMQP property list: flags and values, as it came in; validated by the
                          // session
    ByteView body;
};

enum class PublishOutcome : uint8_t { routed, unroutable };

enum class SettleAction : uint8_t { ack, reject, requeue };

// What a consumer says of records it got. Ranges of one queue, level and lane.
struct Settlement {
    QueueAddress queue;
    Level level = 0;
    Lane lane = Lane::durable;
    OffsetRange range;
    SettleAction action = SettleAction::ack;
    CursorId cursor = kQueueCursor;  // a named one: what its reader is done with, which is `ack`
};

// A record taken by basic.get.
struct GotRecord {
    QueueAddress queue;
    Delivery delivery;
    uint64_t ready_left = 0;
};

// Error codes are ErrorCode; the detail is RabbitMQ's text without the leading "NAME - ":
// amqp/reply_code.h maps them.
//
// Threading: Shard-bound. One per shard.
// Durability: tasks of durable changes resume after they are durable (docs/durability.md, P1).
class BrokerShard {
public:
    struct Parts;
    explicit BrokerShard(std::unique_ptr<Parts> parts);
    ~BrokerShard();

    Shard& shard();

    // Null if there is no such vhost.
    Vhost* find_vhost(std::string_view name);

    // Lives as long as the shard's door.
    Administration& administration();

    // ---- the message path: plain calls

    // Routes and takes a copy of the message. With a publisher, the publish gets its next number,
    // and is confirmed when it is durable in every durable queue that it was routed to (at the end
    // of this turn where none is). `not_found` no such exchange; `access_refused` internal
    // exchange; `precondition` bad expiration or too large.
    Result<PublishOutcome> publish(const SessionContext& session,
                                   const PublishRequest& request,
                                   const std::shared_ptr<Publisher>& publisher);
    // What publish() would answer now, if it is an error: for those that publish later.
    Result<void> check_publish(const SessionContext& session, const PublishRequest& request);
    // Settles what a channel of this shard got. Goes out at the end of the turn. Credit is the
    // channel's to give back before the call; the queues are poked here.
    void settle(std::span<const Settlement> settlements);
    // Asks the consumer's queue to look again: credit or outbox room came back.
    void poke(const QueueAddress& queue);

    // Whether messages may carry another user's name as their user_id.
    bool may_impersonate(const SessionContext& session) const;

    // ---- transactions (tx.*)

    // Reads what of `settlements`, which are out at the caller, becomes a dead letter.
    // `precondition` if that is more than `size_max` bytes.
    Task<Result<RejectedRecords>> read_rejected(std::vector<Settlement> settlements,
                                                Bytes size_max);
    // As settle(), but within this turn's transaction, with everything published in the same turn:
    // one frame, all or nothing. `rejected` was read for the same settlements. Follow with
    // durable() in the same turn.
    void settle_with_turn(std::span<const Settlement> settlements, const RejectedRecords& rejected);
    // Resumes when all that this shard submitted before, this turn included, is durable.
    Task<Result<void>> durable();

    // ---- topology
    Task<Result<void>> declare_exchange(SessionContext session, ExchangeDeclaration declaration);
    Result<void> check_exchange(const SessionContext& session, const std::string& name);  // passive
    Task<Result<void>> delete_exchange(SessionContext session, std::string name, bool if_unused);
    Task<Result<QueueStatus>> declare_queue(SessionContext session, QueueDeclaration declaration);
    Task<Result<QueueStatus>> check_queue(SessionContext session, std::string name);  // passive
    Task<Result<uint64_t>> delete_queue(SessionContext session,
                                        std::string name,
                                        DeleteConditions conditions);
    Task<Result<uint64_t>> purge_queue(SessionContext session, std::string name);
    Task<Result<void>> bind(SessionContext session, BindingDeclaration binding);
    Task<Result<void>> unbind(SessionContext session, BindingDeclaration binding);

    // ---- consuming

    // Whether this is a stream, as far as this shard knows: then consume() makes a reader.
    static bool is_stream(const SessionContext& session, const std::string& queue);
    // Deliveries may arrive at the port before this resumes; the session writes consume-ok first.
    // Answers where the queue is, for poke() and cancel().
    Task<Result<QueueAddress>> consume(SessionContext session,
                                       ConsumeRequest request,
                                       std::shared_ptr<ConsumerPort> port);
    // After this resumes nothing more is delivered to the port, and all that was has arrived. It
    // keeps its place: who waits for it to go waits on. Follow with cancel().
    Task<void> end_deliveries(QueueAddress queue, std::shared_ptr<ConsumerPort> port);
    // After this resumes nothing more arrives at the port. What was delivered stays unsettled.
    Task<void> cancel(QueueAddress queue, std::shared_ptr<ConsumerPort> port);
    Task<Result<std::optional<GotRecord>>> get(SessionContext session,
                                               std::string queue,
                                               bool no_ack);

    // ---- named cursors: of whoever may read the queue

    // By name.
    Task<Result<std::vector<CursorListing>>> cursors(SessionContext session, std::string queue);
    // Moves it, whatever it has been done with; what its reader of before still answers changes
    // nothing. `not_found`; `precondition` while somebody reads under it.
    Task<Result<void>> reset_cursor(SessionContext session,
                                    std::string queue,
                                    std::string name,
                                    ReaderStart to);
    Task<Result<void>> delete_cursor(SessionContext session, std::string queue, std::string name);

    // Direct reply-to: what is published to the name that this answers goes to the port, unless
    // its outbox is full, until end_replies(). The port acknowledges automatically.
    std::string begin_replies(std::shared_ptr<ConsumerPort> port);
    void end_replies(const std::string& name);

    // The connection has gone: its exclusive queues are deleted. Its channels have cancelled and
    // requeued before.
    Task<void> end_session(SessionContext session);

    // ---- flow

    // Publishers are to be held: the disk is low, or too much waits for the journal. Sessions stop
    // publishing (delayed confirms, connection.blocked when it is the disk) and go on settling.
    bool publishing_held() const;
    // Not even a little is to be published.
    bool publishing_stopped() const;
    AlarmState alarms() const;
    // Called on this shard when either changes. Returns a handle that ends the subscription when it
    // is destroyed.
    std::shared_ptr<void> on_flow_change(std::function<void()> handler);

private:
    std::unique_ptr<Parts> parts_;
};

}  // namespace varve
