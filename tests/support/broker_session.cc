#include "tests/support/broker_session.h"

#include "server/broker/administration.h"

#include <algorithm>
#include <atomic>

namespace varve {

namespace {

constexpr std::chrono::seconds kPatience(10);
constexpr Bytes kRejectedSizeMax = 1_MiB;

SessionId next_session_id() {
    static std::atomic<SessionId> next{1};
    return next++;
}

}  // namespace

std::string TestMessage::properties() const {
    amqp::PropertiesBuilder builder;
    builder.delivery_mode(persistent ? amqp::kPersistent : amqp::kTransient);
    if (priority) builder.priority(*priority);
    if (!expiration.empty()) builder.text(amqp::Property::expiration, expiration);
    if (!headers.empty()) builder.headers(headers.encode());
    return builder.encode();
}

Received::Received(const QueueAddress& from, const Delivery& delivery)
    : queue(from),
      key(delivery.key),
      body(delivery.record.body),
      exchange(delivery.record.exchange),
      routing_key(delivery.record.routing_key),
      properties(delivery.record.properties),
      redelivered(delivery.redelivered),
      delivery_count(delivery.delivery_count) {}

amqp::FieldTable Received::headers() const {
    return must(amqp::FieldTable::decode(must(amqp::Properties::parse(properties)).headers()));
}

std::vector<std::string> bodies_of(const std::vector<Received>& received) {
    std::vector<std::string> bodies;
    for (const Received& record : received) bodies.push_back(record.body);
    return bodies;
}

void TestConsumer::deliver(const QueueAddress& from, std::span<const Delivery> deliveries) {
    {
        MutexLock lock(mutex_);
        for (const Delivery& delivery : deliveries) received_.emplace_back(from, delivery);
    }
    changed_.notify_all();
}

void TestConsumer::recalled(const RecordKey& /*key*/) {
    MutexLock lock(mutex_);
    ++recalled_;
}

size_t TestConsumer::recalled_count() {
    MutexLock lock(mutex_);
    return recalled_;
}

void TestConsumer::cancelled(CancelReason reason) {
    {
        MutexLock lock(mutex_);
        cancelled_ = reason;
    }
    changed_.notify_all();
}

std::vector<Received> TestConsumer::take(size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::vector<Received> taken;
    MutexLock lock(mutex_);
    while (received_.size() < count && std::chrono::steady_clock::now() < deadline)
        lock.wait_for(changed_, kPatience);
    while (taken.size() < count && !received_.empty()) {
        taken.push_back(std::move(received_.front()));
        received_.pop_front();
    }
    return taken;
}

std::optional<CancelReason> TestConsumer::wait_cancelled() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    MutexLock lock(mutex_);
    while (!cancelled_ && std::chrono::steady_clock::now() < deadline)
        lock.wait_for(changed_, kPatience);
    return cancelled_;
}

size_t TestConsumer::waiting_count() {
    MutexLock lock(mutex_);
    return received_.size();
}

BrokerSession::BrokerSession(RunningBroker& broker, ShardIndex shard)
    : broker_(broker), shard_(shard) {
    context_.id = next_session_id();
    context_.vhost_name = "/";
    context_.user = "guest";
    context_.vhost = broker_.call(shard_, [this] { return door().find_vhost("/"); });
}

BrokerSession::BrokerSession(RunningBroker& broker,
                             const std::string& user,
                             const std::string& vhost,
                             ShardIndex shard)
    : broker_(broker), shard_(shard) {
    context_ = must(broker_.call(shard_, [&] {
        return door().administration().open_session({user, {}}, vhost, next_session_id(), "peer");
    }));
}

BrokerSession::~BrokerSession() { end(); }

void BrokerSession::end() {
    if (ended_) return;
    ended_ = true;
    for (const auto& consumer : std::vector(consumers_)) cancel(consumer);
    broker_.await(shard_, door().end_session(context_));
}

Result<QueueStatus> BrokerSession::declare(QueueDeclaration queue) {
    return broker_.await(shard_, door().declare_queue(context_, std::move(queue)));
}

QueueStatus BrokerSession::queue(const std::string& name, const amqp::FieldTable& arguments) {
    QueueDeclaration declaration{.name = name, .durable = true, .arguments = arguments.encode()};
    return must(declare(std::move(declaration)));
}

Result<void> BrokerSession::declare(ExchangeDeclaration exchange) {
    return broker_.await(shard_, door().declare_exchange(context_, std::move(exchange)));
}

void BrokerSession::exchange(const std::string& name, const std::string& type) {
    must(declare(ExchangeDeclaration{.name = name, .type = type, .durable = true}));
}

Result<void> BrokerSession::bind(const std::string& source,
                                 const std::string& queue,
                                 const std::string& key,
                                 const amqp::FieldTable& arguments) {
    BindingDeclaration binding{.source = source,
                               .destination = queue,
                               .routing_key = key,
                               .arguments = arguments.encode()};
    return broker_.await(shard_, door().bind(context_, std::move(binding)));
}

Result<void> BrokerSession::unbind(const std::string& source,
                                   const std::string& queue,
                                   const std::string& key) {
    return unbind({.source = source, .destination = queue, .routing_key = key});
}

Result<void> BrokerSession::unbind(BindingDeclaration binding) {
    return broker_.await(shard_, door().unbind(context_, std::move(binding)));
}

Result<QueueStatus> BrokerSession::status(const std::string& queue) {
    return broker_.await(shard_, door().check_queue(context_, queue));
}

Result<uint64_t> BrokerSession::remove(const std::string& queue, DeleteConditions conditions) {
    return broker_.await(shard_, door().delete_queue(context_, queue, conditions));
}

Result<void> BrokerSession::remove_exchange(const std::string& exchange) {
    return broker_.await(shard_, door().delete_exchange(context_, exchange, false));
}

Result<uint64_t> BrokerSession::purge(const std::string& queue) {
    return broker_.await(shard_, door().purge_queue(context_, queue));
}

Result<PublishOutcome> BrokerSession::publish_here(const TestMessage& message,
                                                   const std::shared_ptr<Publisher>& publisher) {
    const std::string properties = message.properties();
    return door().publish(context_,
                          {.exchange = message.exchange,
                           .routing_key = message.key,
                           .properties = properties,
                           .body = message.body},
                          publisher);
}

Result<PublishOutcome> BrokerSession::publish(const TestMessage& message) {
    auto confirmed = std::make_shared<std::promise<bool>>();  // std::function wants copies
    auto publisher = std::make_shared<Publisher>(
        [confirmed](const ConfirmRange& range) { confirmed->set_value(range.accepted); });
    auto outcome = broker_.call(shard_, [&] { return publish_here(message, publisher); });
    if (outcome && !confirmed->get_future().get())
        return Error{ErrorCode::io, "was refused by a negative confirm"};
    return outcome;
}

void BrokerSession::publish_unconfirmed(const std::vector<TestMessage>& messages) {
    broker_.call(shard_, [&] {
        for (const TestMessage& message : messages) must(publish_here(message, nullptr));
    });
}

Result<void> BrokerSession::transact(const std::vector<TestMessage>& messages,
                                     const std::vector<Settlement>& settlements) {
    auto commit = [](BrokerSession& self,
                     std::vector<TestMessage> all,
                     std::vector<Settlement> settled) -> Task<Result<void>> {
        VARVE_CO_TRY(const RejectedRecords rejected,
                     co_await self.door().read_rejected(settled, kRejectedSizeMax));
        for (const TestMessage& message : all) VARVE_CO_TRY(self.publish_here(message, nullptr));
        self.door().settle_with_turn(settled, rejected);
        co_return co_await self.door().durable();
    };
    return broker_.await(shard_, commit(*this, messages, settlements));
}

void BrokerSession::send(const std::string& queue, const std::vector<std::string>& bodies) {
    for (const std::string& body : bodies) must(publish({.key = queue, .body = body}));
}

Result<std::shared_ptr<TestConsumer>> BrokerSession::consume(const std::string& queue,
                                                             const ConsumeOptions& options) {
    auto consumer = std::make_shared<TestConsumer>();
    consumer->port->shard = shard_;
    consumer->port->session = context_.id;
    consumer->port->sink = consumer.get();
    consumer->port->consumer_credit = std::make_shared<CreditGate>(options.prefetch);
    ConsumeRequest request{.queue = queue,
                           .no_ack = options.no_ack,
                           .exclusive = options.exclusive,
                           .priority = options.priority,
                           .timeout = options.timeout,
                           .prefetch = options.prefetch,
                           .read_from = options.read_from,
                           .cursor = options.cursor,
                           .filter = options.filter};
    auto address =
        broker_.await(shard_, door().consume(context_, std::move(request), consumer->port));
    if (!address) return std::move(address).error();
    consumer->queue = *address;
    consumers_.push_back(consumer);
    return consumer;
}

void BrokerSession::cancel(const std::shared_ptr<TestConsumer>& consumer) {
    broker_.await(shard_, door().cancel(consumer->queue, consumer->port));
    broker_.call(shard_, [&] { consumer->port->sink = nullptr; });
    std::erase(consumers_, consumer);
}

std::optional<Received> BrokerSession::get(const std::string& queue, bool no_ack) {
    const auto got = must(broker_.await(shard_, door().get(context_, queue, no_ack)));
    if (!got) return std::nullopt;
    return Received(got->queue, got->delivery);
}

Settlement BrokerSession::settlement(const Received& record, SettleAction action) {
    const Offset offset = record.key.offset;
    return {record.queue, record.key.level, record.key.lane, {offset, offset + 1}, action};
}

void BrokerSession::settle(const Received& record,
                           SettleAction action,
                           const std::shared_ptr<TestConsumer>& from) {
    broker_.call(shard_, [&] {
        if (from != nullptr) {
            from->port->consumer_credit->give_back(1);
            from->port->consumer_credit->take_starved();
        }
        const Settlement settlement = BrokerSession::settlement(record, action);
        door().settle({&settlement, 1});
        if (from != nullptr) door().poke(record.queue);
    });
    broker_.quiesce();
}

}  // namespace varve
