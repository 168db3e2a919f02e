// One channel: what its client publishes, consumes and has still to settle.
#pragma once

#include "server/amqp/confirm_order.h"
#include "server/amqp/consumer.h"
#include "server/amqp/delivery_sources.h"
#include "server/amqp/publish_assembler.h"
#include "server/amqp/reply_code.h"
#include "server/amqp/transaction_buffer.h"
#include "server/amqp/unsettled.h"
#include "server/amqp/wire/frame.h"
#include "server/amqp/wire/frame_writer.h"
#include "server/amqp/wire/methods.h"
#include "server/broker/broker_shard.h"
#include "server/broker/session_directory.h"
#include "server/broker/session_limits.h"
#include "server/message/properties.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace varve::amqp {

class Connection;

// Frames in, calls of the broker, frames out. The handlers are in handlers/, one file for each
// class of AMQP; they translate and ask the broker, and answer with a Refusal what closes the
// channel or the connection.
//
// Threading: Shard-bound.
// Lifetime:  shared by the connection and by tasks of the channel, which end independently: a task
// looks at is_closed()
//            after each wait. The connection outlives both.
class Channel : public std::enable_shared_from_this<Channel> {
public:
    Channel(Connection& connection, uint16_t number, SessionLimits::Admission admission);
    ~Channel();

    uint16_t number() const { return number_; }

    // Whether the channel's message is complete, or lies in part in the read buffer.
    enum class Message : uint8_t { complete, incomplete };
    Message on_frame(const Frame& frame);
    // The read buffer goes away.
    void keep_message() { assembler_.keep(); }

    // channel.close was sent: everything but close and close-ok is discarded.
    void close();
    bool is_closed() const { return closed_; }
    // Nothing is sent any more, and deliveries that arrive go back.
    void detach();
    // Nothing more is delivered to its consumers, which keep their places.
    Task<void> end_deliveries(std::shared_ptr<Channel> self);
    // Gives back what is out, in order, and cancels the consumers.
    Task<void> release(std::shared_ptr<Channel> self);

    // What the control door shows of it: listing.cc.
    ChannelListing listing() const;

    // There is room in the outbox again.
    void poke_queues();

    // ---- for consumers
    void deliver(Consumer& consumer, std::span<const varve::Delivery> deliveries);
    void consumer_accepted(const Consumer& consumer);
    // A delivery is back in its queue: whatever the client says of it has no effect any more.
    void recall(SourceIndex source, const RecordKey& key);
    void consumer_cancelled(Consumer& consumer, CancelReason reason);
    template <typename M>
    void send(const M& method);

private:
    using Self = std::shared_ptr<Channel>;

    Message on_method(ByteView payload);
    Outcome on_other_method(MethodId id, ByteView payload);
    void on_closed_method(MethodId id);
    // For methods that wait: the connection reads on when the task is done.
    void run(MethodId method, Task<Outcome> task);
    // The same for what the broker answers with nothing, or with an error.
    template <typename Ok>
    Outcome answer_when_done(MethodId method, bool no_wait, Task<Result<void>> done);
    template <typename Ok>
    Task<Outcome> answer(Self self, Task<Result<void>> done, bool no_wait);

    // ---- handlers/channel.cc
    Outcome handle(const ChannelOpen& method);
    Outcome handle(const ChannelClose& method);
    Outcome handle(const ChannelFlow& method);
    Outcome handle(const AccessRequest& method);
    Task<Outcome> close_for_client(Self self);
    void end_all_but_confirms();
    // ---- handlers/exchange.cc
    Outcome handle(const ExchangeDeclare& method);
    Outcome handle(const ExchangeDelete& method);
    Outcome handle(const ExchangeBind& method);
    Outcome handle(const ExchangeUnbind& method);
    // ---- handlers/queue.cc
    Outcome handle(const QueueDeclare& method);
    Outcome handle(const QueueBind& method);
    Outcome handle(const QueueUnbind& method);
    Outcome handle(const QueuePurge& method);
    Outcome handle(const QueueDelete& method);
    Result<std::string> queue_name(ByteView name) const;
    template <typename Method>
    Result<BindingDeclaration> queue_binding(const Method& method) const;
    void tell_unknown_arguments(const QueueStatus& queue) const;
    Task<Outcome> answer_declare(Self self, Task<Result<QueueStatus>> declared, bool no_wait);
    template <typename Ok>
    Task<Outcome> answer_count(Self self, Task<Result<uint64_t>> done, bool no_wait);
    // ---- handlers/consume.cc
    Outcome handle(const BasicQos& method);
    Outcome handle(const BasicConsume& method);
    Outcome handle(const BasicCancel& method);
    Outcome handle(const BasicGet& method);
    Task<Outcome> consume(Self self, ConsumeRequest request);
    Task<Outcome> cancel(Self self, std::string tag, bool no_wait);
    Task<Outcome> get(Self self, std::string queue, AckMode ack_mode);
    const std::shared_ptr<CreditGate>& channel_credit();
    void credit_changed();
    void remove_consumer(const std::string& tag);
    std::unique_ptr<Consumer> make_consumer(std::string tag, AckMode ack_mode, bool no_wait);
    // ---- handlers/direct_reply.cc
    Outcome consume_replies(std::string tag, const BasicConsume& method);
    void end_replies();
    Outcome address_reply(const Properties& properties, std::string& addressed) const;
    // ---- handlers/settle.cc
    Outcome handle(const BasicAck& method);
    Outcome handle(const BasicNack& method);
    Outcome handle(const BasicReject& method);
    Outcome handle(const BasicRecover& method);
    Outcome handle(const BasicRecoverAsync& method);
    struct Tags {
        uint64_t tag = 0;
        bool multiple = false;
    };
    Outcome settle(Tags tags, SettleAction action);
    Outcome check_takes_back(const std::vector<UnsettledRecord>& records);
    void requeue_all();
    void hand_back(const std::vector<UnsettledRecord>& records, SettleAction action);
    // ---- handlers/publish.cc
    Outcome begin(const BasicPublish& method);
    Outcome publish(const AssembledPublish& publish);
    Outcome pass_on(const AssembledPublish& publish);
    Outcome check_user(const Properties& properties) const;
    void send_return(const PublishRequest& request);
    Outcome handle(const ConfirmSelect& method);
    void on_confirm(const ConfirmRange& range);
    // ---- handlers/tx.cc
    Outcome handle(const TxSelect& method);
    Outcome handle(const TxCommit& method);
    Outcome handle(const TxRollback& method);
    Outcome buffer(const AssembledPublish& publish);
    Task<Outcome> commit(Self self);
    std::vector<Settlement> buffered_rejections();
    Outcome check_buffered() const;
    Outcome publish_buffered(const TransactionBuffer& buffer);
    // Methods that a server sends, or that belong on channel 0.
    template <typename M>
    Outcome handle(const M& method);

    Connection& connection_;
    const uint16_t number_;
    const SessionLimits::Admission admission_;
    // channel.close was sent or received, or the connection ends: nothing more is sent but
    // confirms.
    bool closed_ = false;
    bool released_ = false;
    uint16_t prefetch_ = 0;  // of consumers to come
    PublishAssembler assembler_;
    Unsettled unsettled_;
    DeliverySources sources_;
    std::map<std::string, std::unique_ptr<Consumer>, std::less<>> consumers_;
    std::shared_ptr<CreditGate> channel_credit_;  // from the first use on
    std::shared_ptr<Publisher> publisher_;        // in confirm mode
    std::unique_ptr<ConfirmOrder> confirms_;      // in confirm mode
    std::unique_ptr<TransactionBuffer> tx_;       // in transaction mode
    std::string reply_name_;  // where replies to this channel are sent; empty without a consumer
    std::string reply_tag_;   // of that consumer
    std::string last_queue_;  // declared on this channel: what an empty name stands for
};

}  // namespace varve::amqp
