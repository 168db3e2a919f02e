#include "server/broker/broker.h"

#include "server/broker/broker_parts.h"
#include "server/broker/topology_recovery.h"

#include <future>

namespace varve {

struct Broker::Impl {
    Impl(Engine& an_engine,
         ShardSet& some_shards,
         Clock& a_clock,
         const BrokerOptions& some_options)
        : engine(an_engine),
          shards(some_shards),
          clock(a_clock),
          options(some_options),
          flow(engine,
               {.in_flight_max = options.in_flight_max, .transient_max = options.transient_max},
               [this] { tell_flow(); }) {
        const BrokerCommons commons{
            .engine = engine,
            .shards = shards,
            .clock = clock,
            .options = options,
            .office = office,
            .readers = readers,
            .flow = flow,
            .replies = replies,
            .authenticator = authenticator,
            .limits = *limits,
            .moves = moves,
            .login_rules = login_rules,
            .registrar = [this]() -> Registrar& { return *registrar; },
            .book = [this]() -> AccountBook& { return book; },
            .policies = [this]() -> Policies& { return *policies; },
            .parts_of = [this](ShardIndex index) -> BrokerShard::Parts& { return *parts[index]; }};
        for (ShardIndex index = 0; index < shards.count(); ++index) {
            auto made = std::make_unique<BrokerShard::Parts>(commons, index);
            parts.push_back(made.get());
            doors.push_back(std::make_unique<BrokerShard>(std::move(made)));
        }
        inventory = std::make_unique<Inventory>(shards.at(0), parts[0]->topology);
        policies = std::make_unique<Policies>(
            PoliciesParts{
                .shard = shards.at(0),
                .topology = parts[0]->topology,
                .enact = [this](TopologyStep step) { return registrar->enact(std::move(step)); }},
            options.retention);
        registrar = std::make_unique<Registrar>(registrar_parts());
    }

    RegistrarParts registrar_parts() {
        return RegistrarParts{
            .engine = engine,
            .shards = shards,
            .topology = parts[0]->topology,
            .clock = clock,
            .rng = *options.rng,
            .retention_default = options.retention,
            .policies = [this] { return policies->book(); },
            .accounts = [this] { return book.current(); },
            .limits = *limits,
            .apply = [this](ShardIndex index,
                            const TopologyChange& change) { parts[index]->apply(change); },
            .close = [this](const QueueAddress& queue,
                            const DeleteConditions& conditions) -> Result<uint64_t> {
                Queue* found = parts[queue.shard]->queues.find(queue.id);
                // Somebody else is deleting it: then there is nothing left to count.
                if (found == nullptr) return uint64_t{0};
                return found->close(conditions);
            },
            .arrived = [this](QueueEntryRef queue) { return moves.arrived(std::move(queue)); },
            .hold_cursor =
                [this](QueueAddress queue, CursorId cursor) {
                    return parts[queue.shard]->hold_cursor(queue.id, cursor);
                },
            .release_cursor =
                [this](QueueAddress queue, CursorId cursor) {
                    parts[queue.shard]->release_cursor(queue.id, cursor);
                },
            .replay =
                [this](std::string vhost,
                       BindingDeclaration binding,
                       std::vector<RememberedRef> messages) {
                    return parts[0]->replay(
                        std::move(vhost), std::move(binding), std::move(messages));
                }};
    }

    void tell_flow() {
        for (BrokerShard::Parts* shard : parts) {
            shard->shard.post([shard] { shard->tell_flow(); });
        }
    }

    Result<void> recover();
    void count_messages();
    bool drain(bool first_round);

    Engine& engine;
    ShardSet& shards;
    Clock& clock;
    BrokerOptions options;
    PostOffice office{shards};
    AccountBook book{{.engine = engine,
                      .shards = shards,
                      .tell = [this](ShardIndex index, AccountsRef accounts) {
                          parts[index]->set_accounts(std::move(accounts));
                      }}};
    // Shared with what it admitted.
    std::shared_ptr<SessionLimits> limits = std::make_shared<SessionLimits>(engine);
    LoginRules login_rules{options.login};
    Authenticator authenticator{options.authenticator};
    ReaderPool readers{options.reader_threads};
    Flow flow;
    ReplyDirectory replies;
    QueueMoves moves{shards,
                     options.queue_move_interval,
                     [this](ShardIndex index) -> BrokerShard::Parts& { return *parts[index]; }};
    std::vector<BrokerShard::Parts*> parts;  // owned by doors
    std::vector<std::unique_ptr<BrokerShard>> doors;
    std::unique_ptr<Registrar> registrar;
    std::unique_ptr<Inventory> inventory;
    std::unique_ptr<Policies> policies;
    BrokerRecovery recovery;
};

Result<void> Broker::Impl::recover() {
    VARVE_TRY(RecoveredTopology recovered,
              recover_topology(engine, shards.count(), options.retention));
    VARVE_TRY(limits->recover());
    VARVE_TRY(book.recover(recovered.changes, options.authenticator.cost));
    policies->recover(std::move(recovered.policies));
    for (const TopologyChange& change : recovered.changes) {
        for (BrokerShard::Parts* shard : parts) shard->apply(change);
        recovery.vhosts += std::holds_alternative<VhostAdded>(change) ? 1 : 0;
        recovery.exchanges += std::holds_alternative<ExchangeAdded>(change) ? 1 : 0;
        recovery.queues += std::holds_alternative<QueueAdded>(change) ? 1 : 0;
    }
    for (BrokerShard::Parts* shard : parts) {
        shard->queues.for_each([this](const Queue& queue) {
            recovery.ready_messages += queue.entry().live.ready.load();
            recovery.redelivered_messages += queue.redelivered_count();
        });
    }
    return ok();
}

// Answers whether there was nothing left to wait for.
bool Broker::Impl::drain(bool first_round) {
    std::vector<std::future<bool>> idle;
    for (BrokerShard::Parts* shard : parts) {
        auto promise = std::make_shared<std::promise<bool>>();  // std::function wants copies
        idle.push_back(promise->get_future());
        shard->shard.post([shard, promise, first_round] {
            if (first_round) shard->queues.end_deliveries();
            const bool was_idle = shard->commits.idle() && !shard->change_noted;
            shard->commits.when_durable(
                [promise, was_idle](const Result<void>&) { promise->set_value(was_idle); });
        });
    }
    bool all_idle = true;
    for (auto& shard : idle) all_idle = shard.get() && all_idle;
    return all_idle;
}

Broker::Broker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Broker::~Broker() = default;

Result<std::unique_ptr<Broker>> Broker::start(Engine& engine,
                                              ShardSet& shards,
                                              Clock& clock,
                                              const BrokerOptions& options) {
    auto impl = std::make_unique<Impl>(engine, shards, clock, options);
    VARVE_TRY(impl->recover());
    engine.on_disk_state(
        [&flow = impl->flow](DiskState state, Bytes /*free*/) { flow.set_disk(state); });
    return std::unique_ptr<Broker>(new Broker(std::move(impl)));
}

BrokerShard& Broker::at(ShardIndex index) { return *impl_->doors[index]; }

const BrokerRecovery& Broker::recovery() const { return impl_->recovery; }

SessionLimits& Broker::limits() { return *impl_->limits; }

LoginRules& Broker::login_rules() { return impl_->login_rules; }
Policies& Broker::policies() { return *impl_->policies; }
Inventory& Broker::inventory() { return *impl_->inventory; }
AlarmState Broker::alarms() const { return impl_->flow.alarms(); }
void Broker::set_alarm(Alarm alarm, bool raised) { impl_->flow.set_alarm(alarm, raised); }

void Broker::stop() {
    // What one shard ends may put something into another: twice idle in a row is the end.
    for (bool first_round = true; !impl_->drain(first_round) || first_round;) first_round = false;
}

}  // namespace varve
