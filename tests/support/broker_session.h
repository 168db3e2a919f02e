// A client of a RunningBroker: what an AMQP session does, as calls that wait for the answer.
#pragma once

#include "engine/base/mutex.h"
#include "server/message/field_table.h"
#include "server/message/properties.h"
#include "tests/support/brokers.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace varve {

struct TestMessage {
    std::string exchange;
    std::string key;
    std::string body = "body";
    bool persistent = true;
    std::optional<uint8_t> priority = std::nullopt;
    std::string expiration = {};
    amqp::FieldTable headers = {};
    std::string properties() const;
};

// A delivery, with what outlives its batch.
struct Received {
    QueueAddress queue;
    RecordKey key;
    std::string body;
    std::string exchange;
    std::string routing_key;
    std::string properties;
    bool redelivered = false;
    uint32_t delivery_count = 0;
    Received(const QueueAddress& from, const Delivery& delivery);
    amqp::FieldTable headers() const;
};
std::vector<std::string> bodies_of(const std::vector<Received>& received);

// A subscription; collects what comes.
class TestConsumer final : public ConsumerSink {
public:
    void deliver(const QueueAddress& queue, std::span<const Delivery> deliveries) override;
    void recalled(const RecordKey& key) override;
    void cancelled(CancelReason reason) override;

    // The next `count` deliveries; waits for them. Fewer if they do not come.
    std::vector<Received> take(size_t count);
    std::optional<CancelReason> wait_cancelled();
    // Deliveries that were taken back.
    size_t recalled_count();
    // What came and was not taken.
    size_t waiting_count();

    std::shared_ptr<ConsumerPort> port = std::make_shared<ConsumerPort>();
    QueueAddress queue;

private:
    Mutex mutex_;  // The only one; nothing is called under it.
    std::condition_variable changed_;
    std::deque<Received> received_ VARVE_GUARDED_BY(mutex_);
    size_t recalled_ VARVE_GUARDED_BY(mutex_) = 0;
    std::optional<CancelReason> cancelled_ VARVE_GUARDED_BY(mutex_);
};

struct ConsumeOptions {
    uint32_t prefetch = 0;
    bool no_ack = false;
    bool exclusive = false;
    int32_t priority = 0;
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    std::optional<ReaderStart> read_from = std::nullopt;
    std::string cursor = {};
    ReaderFilter filter = {};
};

// Threading: used by one thread, which is no shard. Ended before its broker.
class BrokerSession {
public:
    // The broker's own: it may do everything.
    explicit BrokerSession(RunningBroker& broker, ShardIndex shard = 0);
    // A user's, who has rights in the vhost.
    BrokerSession(RunningBroker& broker,
                  const std::string& user,
                  const std::string& vhost = "/",
                  ShardIndex shard = 0);
    // Cancels, gives back what is out, and ends, unless the broker has crashed.
    ~BrokerSession();
    BrokerSession(const BrokerSession&) = delete;
    BrokerSession& operator=(const BrokerSession&) = delete;

    void end();
    void abandon() { ended_ = true; }  // the broker has crashed

    Result<QueueStatus> declare(QueueDeclaration queue);
    // Durable, with arguments.
    QueueStatus queue(const std::string& name, const amqp::FieldTable& arguments = {});
    Result<void> declare(ExchangeDeclaration exchange);
    void exchange(const std::string& name, const std::string& type);
    Result<void> bind(const std::string& source,
                      const std::string& queue,
                      const std::string& key = "",
                      const amqp::FieldTable& arguments = {});
    Result<void> unbind(BindingDeclaration binding);
    Result<void> unbind(const std::string& source,
                        const std::string& queue,
                        const std::string& key = "");
    Result<QueueStatus> status(const std::string& queue);
    uint64_t ready(const std::string& queue) { return must(status(queue)).ready; }
    Result<uint64_t> remove(const std::string& queue, DeleteConditions conditions = {});
    Result<void> remove_exchange(const std::string& exchange);
    Result<uint64_t> purge(const std::string& queue);

    // Returns once it is confirmed.
    Result<PublishOutcome> publish(const TestMessage& message);
    // In one turn, and does not wait.
    void publish_unconfirmed(const std::vector<TestMessage>& messages);
    // In one turn, as a transaction: all of them, and what is settled.
    Result<void> transact(const std::vector<TestMessage>& messages,
                          const std::vector<Settlement>& settlements = {});
    // To a queue, by name.
    void send(const std::string& queue, const std::vector<std::string>& bodies);

    Result<std::shared_ptr<TestConsumer>> consume(const std::string& queue,
                                                  const ConsumeOptions& options = {});
    void cancel(const std::shared_ptr<TestConsumer>& consumer);
    std::optional<Received> get(const std::string& queue, bool no_ack = false);
    static Settlement settlement(const Received& record, SettleAction action);
    // Credit of the consumer, if it came from one, comes back.
    void settle(const Received& record,
                SettleAction action,
                const std::shared_ptr<TestConsumer>& from = nullptr);

    RunningBroker& broker() { return broker_; }
    ShardIndex shard() const { return shard_; }
    const SessionContext& context() const { return context_; }

private:
    BrokerShard& door() { return broker_.at(shard_); }
    Result<PublishOutcome> publish_here(const TestMessage& message,
                                        const std::shared_ptr<Publisher>& publisher);

    RunningBroker& broker_;
    ShardIndex shard_;
    SessionContext context_;
    std::vector<std::shared_ptr<TestConsumer>> consumers_;
    bool ended_ = false;
};

}  // namespace varve
