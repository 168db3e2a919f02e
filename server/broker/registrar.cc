#include "server/broker/registrar.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "server/async/resumed_by.h"
#include "server/broker/definitions.h"
#include "server/broker/delay.h"
#include "server/broker/ownership.h"
#include "server/broker/resource.h"

#include <atomic>

namespace varve {

namespace {

using Target = BindingDeclaration::Target;

Error not_found(const std::string& resource) { return {ErrorCode::not_found, "no " + resource}; }

Result<void> check_not_reserved(std::string_view kind, const std::string& name) {
    if (!name.starts_with("amq.")) return ok();
    return Error{ErrorCode::access_refused,
                 std::string(kind) + " name '" + name + "' contains reserved prefix 'amq.*'"};
}

Error default_exchange_refused() {
    return {ErrorCode::access_refused, "operation not permitted on the default exchange"};
}

}  // namespace

Registrar::Registrar(RegistrarParts parts) : parts_(std::move(parts)) {}

ShardIndex Registrar::shard_of(const QueueId& id, uint32_t shard_count) {
    return static_cast<ShardIndex>(std::hash<Id128>()(id) % shard_count);
}

Result<Vhost*> Registrar::vhost_of(const SessionContext& session) const {
    Vhost* vhost = parts_.topology.find_vhost(session.vhost_name);
    if (vhost == nullptr || leaving_.contains(session.vhost_name))
        return not_found("vhost '" + session.vhost_name + "'");
    return vhost;
}

void Registrar::apply(TopologyStep& step, TopologyChange change) {
    parts_.apply(0, change);
    step.changes.push_back(std::move(change));
}

Task<Result<void>> Registrar::declare_exchange(SessionContext session,
                                               ExchangeDeclaration declaration) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    VARVE_CO_TRY(ExchangeSpec spec, parse_exchange_spec(declaration, vhost->name()));
    if (const Exchange* exchange = vhost->find_exchange(declaration.name)) {
        VARVE_CO_TRY(check_equivalent(exchange->spec(), spec, declaration.name, vhost->name()));
        co_return co_await settled();
    }
    VARVE_CO_TRY(check_not_reserved("exchange", declaration.name));
    TopologyStep step;
    if (spec.durable) {
        step.transaction.put(exchange_key(vhost->name(), declaration.name),
                             encode(ExchangeDefinition{vhost->name(), declaration}));
    }
    const bool delays = spec.delays();
    auto alternate = parts_.policies()->alternate_of(vhost->name(), declaration.name, spec);
    const bool by_policy = alternate != spec.alternate;
    apply(step, ExchangeAdded{vhost->name(), declaration.name, std::move(spec)});
    if (by_policy)
        apply(step, ExchangeConfigured{vhost->name(), declaration.name, std::move(alternate)});
    if (delays) VARVE_CO_TRY(add_delay_queue(step, session, declaration));
    co_return co_await carry_out(std::move(step));
}

Task<Result<void>> Registrar::delete_exchange(SessionContext session,
                                              std::string name,
                                              bool if_unused) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    const Exchange* exchange = vhost->find_exchange(name);
    if (exchange == nullptr) co_return co_await settled();
    const std::string resource = exchange_text(name, vhost->name());
    if (name.starts_with("amq.")) {
        co_return Error{ErrorCode::access_refused,
                        "deletion of system " + resource + " not allowed"};
    }
    if (if_unused && !exchange->bindings().empty()) {
        co_return Error{ErrorCode::precondition, resource + " in use"};
    }
    TopologyStep step;
    remove_exchange(step, vhost->name(), name);
    co_return co_await carry_out(std::move(step));
}

QueueEntryRef Registrar::make_queue(const SessionContext& session,
                                    const QueueDeclaration& declaration,
                                    QueueSpec spec,
                                    const RetentionPolicy& retention) {
    auto queue = std::make_shared<QueueEntry>();
    queue->id = QueueId{random_id(parts_.rng)};
    queue->vhost = session.vhost_name;
    queue->name = declaration.name;
    queue->spec = std::move(spec);
    queue->shard = shard_of(queue->id, parts_.shards.count());
    queue->owner = queue->spec.exclusive ? session.id : 0;
    queue->live.used_ns.store(parts_.clock.monotonic().count());
    if (queue->spec.stored()) {
        for (size_t level = 0; level < queue->spec.level_count(); ++level) {
            queue->logs.push_back(parts_.engine.make_log(retention));
        }
    }
    return queue;
}

void Registrar::note_owner(const QueueEntryRef& queue) {
    if (queue->owner != 0) owned_[queue->owner].insert(queue->id);
}

QueueEntryRef Registrar::add_queue(TopologyStep& step,
                                   const SessionContext& session,
                                   const QueueDeclaration& declaration,
                                   QueueSpec spec) {
    QueueSettings settings =
        parts_.policies()->settings_of(session.vhost_name, declaration.name, spec);
    const QueueEntryRef queue =
        make_queue(session, declaration, std::move(spec), settings.retention);
    if (queue->stored()) {
        QueueDefinition definition{session.vhost_name, declaration, queue->id, {}};
        for (const LogRef& log : queue->logs) {
            step.transaction.create_log(log);
            definition.logs.push_back(log->id());
        }
        step.transaction.put(queue_key(queue->id), encode(definition));
    }
    note_owner(queue);
    apply(step, QueueAdded{queue});
    if (settings != queue->spec.settings) {
        apply(step,
              QueueConfigured{queue, std::make_shared<const QueueSettings>(std::move(settings))});
    }
    step.declared_queues.push_back(queue);
    return queue;
}

Result<void> Registrar::add_delay_queue(TopologyStep& step,
                                        const SessionContext& session,
                                        const ExchangeDeclaration& exchange) {
    // What is expired here is moved on by the exchange: see BrokerShard::Parts::bury().
    const amqp::FieldTable arguments{
        {"x-max-priority", amqp::FieldValue::integer(kDelayLevelMax)},
        {"x-dead-letter-exchange", amqp::FieldValue::string(exchange.name)},
        {"x-retention-bytes", amqp::FieldValue::integer(0)}};
    const QueueDeclaration declaration{.name = delay_queue_name(exchange.name),
                                       .durable = exchange.durable,
                                       .arguments = arguments.encode()};
    VARVE_TRY(QueueSpec spec,
              parse_queue_spec(declaration, session.vhost_name, parts_.retention_default));
    add_queue(step, session, declaration, std::move(spec));
    return ok();
}

Task<Result<QueueStatus>> Registrar::declare_queue(SessionContext session,
                                                   QueueDeclaration declaration) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    VARVE_CO_TRY(QueueSpec spec,
                 parse_queue_spec(declaration, vhost->name(), parts_.retention_default));
    TopologyStep step;
    if (const QueueSlot* slot = vhost->find_queue(declaration.name)) {
        const QueueEntryRef queue = slot->entry;
        if (queue->closed()) remove_queue(step, queue);
    }
    if (const QueueSlot* slot = vhost->find_queue(declaration.name)) {
        const QueueEntryRef queue = slot->entry;
        VARVE_CO_TRY(check_declared_by(*queue, session, spec));
        VARVE_CO_TRY(check_equivalent(queue->spec, spec, queue->name, queue->vhost));
        queue->live.used_ns.store(parts_.clock.monotonic().count());
        VARVE_CO_TRY(co_await settled());
        co_return status_of(*queue);
    }
    // Names that the broker made up were checked when they were made.
    if (!declaration.name.starts_with("amq.gen-"))
        VARVE_CO_TRY(check_not_reserved("queue", declaration.name));
    VARVE_CO_TRY(parts_.limits.admit_queue(vhost->name(), declaration.name, vhost->queue_count()));
    const QueueEntryRef queue = add_queue(step, session, declaration, std::move(spec));
    VARVE_CO_TRY(co_await carry_out(std::move(step)));
    QueueStatus status = status_of(*queue);
    status.unknown_arguments = unknown_arguments(queue->spec);
    co_return status;
}

Task<Result<uint64_t>> Registrar::delete_queue(SessionContext session,
                                               std::string name,
                                               DeleteConditions conditions) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    const QueueSlot* slot = vhost->find_queue(name);
    if (slot == nullptr) {
        VARVE_CO_TRY(co_await settled());
        co_return uint64_t{0};
    }
    const QueueEntryRef queue = slot->entry;
    VARVE_CO_TRY(check_accessible(*queue, session));
    VARVE_CO_TRY(const uint64_t ready,
                 co_await on_shard(parts_.shards.at(queue->shard),
                                   [this, address = queue->address(), conditions] {
                                       return parts_.close(address, conditions);
                                   }));
    // Somebody else may have deleted it meanwhile.
    if (parts_.topology.find_queue(queue->id) == nullptr) {
        VARVE_CO_TRY(co_await settled());
        co_return ready;
    }
    TopologyStep step;
    remove_queue(step, queue);
    VARVE_CO_TRY(co_await carry_out(std::move(step)));
    co_return ready;
}

Task<Result<void>> Registrar::enact(TopologyStep step) {
    for (const TopologyChange& change : step.changes) parts_.apply(0, change);
    co_return co_await carry_out(std::move(step));
}

void Registrar::remove_closed(const QueueEntryRef& queue) {
    if (parts_.topology.find_queue(queue->id) == nullptr) return;
    TopologyStep step;
    remove_queue(step, queue);
    carry_out(std::move(step), [](const Result<void>& /*nobody waits*/) {});
}

Task<Result<void>> Registrar::end_session(SessionId session) {
    const auto owned = owned_.find(session);
    if (owned == owned_.end()) co_return ok();
    const std::set<QueueId> queues = owned->second;  // removing takes them out one by one
    TopologyStep step;
    for (const QueueId& id : queues) {
        if (const QueueSlot* slot = parts_.topology.find_queue(id))
            remove_queue(step, QueueEntryRef(slot->entry));
    }
    co_return co_await carry_out(std::move(step));
}

void Registrar::erase_bindings(TopologyStep& step, const std::vector<Binding>& bindings) {
    for (const Binding& binding : bindings) {
        if (binding.stored) step.transaction.erase(binding_key(binding.id));
    }
}

void Registrar::remove_queue(TopologyStep& step, const QueueEntryRef& queue) {
    Vhost& vhost = *parts_.topology.find_vhost(queue->vhost);
    std::vector<std::string> sources;
    for (const auto& [source, count] : vhost.find_queue(queue->name)->sources) {
        sources.push_back(source->name());
        erase_bindings(step, source->bindings_to(Target::queue, queue->name));
    }
    if (queue->stored()) {
        for (const LogRef& log : queue->logs) step.transaction.delete_log(log);
        step.transaction.erase(queue_key(queue->id));
    }
    if (const auto owned = owned_.find(queue->owner); owned != owned_.end()) {
        owned->second.erase(queue->id);
        if (owned->second.empty()) owned_.erase(owned);
    }
    apply(step, QueueRemoved{queue});
    remove_if_unbound(step, vhost, sources);
}

void Registrar::remove_exchange(TopologyStep& step,
                                const std::string& vhost_name,
                                const std::string& name) {
    Vhost& vhost = *parts_.topology.find_vhost(vhost_name);
    Exchange& exchange = *vhost.find_exchange(name);
    for (const auto& [key, binding] : exchange.bindings()) erase_bindings(step, {binding});
    std::vector<std::string> sources;
    for (const auto& [source_name, source] : vhost.exchanges()) {
        const auto bindings = source->bindings_to(Target::exchange, name);
        if (bindings.empty() || source.get() == &exchange) continue;
        sources.push_back(source_name);
        erase_bindings(step, bindings);
    }
    if (exchange.spec().delays())
        remove_queue(step, QueueEntryRef(vhost.find_queue(delay_queue_name(name))->entry));
    if (exchange.spec().durable) step.transaction.erase(exchange_key(vhost_name, name));
    apply(step, ExchangeRemoved{vhost_name, name});
    remove_if_unbound(step, vhost, sources);
}

// An auto-delete exchange goes with its last binding.
void Registrar::remove_if_unbound(TopologyStep& step,
                                  Vhost& vhost,
                                  const std::vector<std::string>& exchanges) {
    for (const std::string& name : exchanges) {
        const Exchange* exchange = vhost.find_exchange(name);
        if (exchange == nullptr || !exchange->spec().auto_delete || !exchange->bindings().empty())
            continue;
        remove_exchange(step, vhost.name(), name);
    }
}

Result<void> Registrar::check_ends(const Vhost& vhost,
                                   const SessionContext& session,
                                   const BindingDeclaration& binding) const {
    if (binding.source.empty()) return default_exchange_refused();
    if (binding.target == Target::exchange && binding.destination.empty())
        return default_exchange_refused();
    if (binding.target == Target::queue) {
        const QueueSlot* slot = vhost.find_queue(binding.destination);
        if (slot == nullptr) return not_found(queue_text(binding.destination, vhost.name()));
        VARVE_TRY(check_accessible(*slot->entry, session));
    } else if (vhost.find_exchange(binding.destination) == nullptr) {
        return not_found(exchange_text(binding.destination, vhost.name()));
    }
    const Exchange* source = vhost.find_exchange(binding.source);
    if (source == nullptr) return not_found(exchange_text(binding.source, vhost.name()));
    return source->check_binding(binding);
}

Task<Result<void>> Registrar::bind(SessionContext session, BindingDeclaration declaration) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    VARVE_CO_TRY(check_ends(*vhost, session, declaration));
    const Exchange& source = *vhost->find_exchange(declaration.source);
    if (source.find_binding(key_of(declaration)) != nullptr) co_return co_await settled();

    const bool to_stored = declaration.target == Target::queue
                               ? vhost->find_queue(declaration.destination)->entry->stored()
                               : vhost->find_exchange(declaration.destination)->spec().durable;
    Binding binding{.declaration = declaration,
                    .id = random_id(parts_.rng),
                    .stored = source.spec().durable && to_stored};
    TopologyStep step;
    if (binding.stored) {
        step.transaction.put(binding_key(binding.id),
                             encode(BindingDefinition{vhost->name(), declaration, binding.id}));
    }
    const size_t history_length = source.history_length();
    std::shared_ptr<RecalledMessages> recalled;  // shared with the shards that add to it
    if (history_length > 0) recalled = std::make_shared<RecalledMessages>();
    apply(step, BindingAdded{vhost->name(), std::move(binding), recalled});
    VARVE_CO_TRY(co_await carry_out(std::move(step)));
    if (recalled == nullptr) co_return ok();
    co_return co_await parts_.replay(
        session.vhost_name, std::move(declaration), recalled->newest(history_length));
}

Task<Result<void>> Registrar::unbind(SessionContext session, BindingDeclaration declaration) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    if (declaration.source.empty()) co_return default_exchange_refused();
    if (const QueueSlot* slot = vhost->find_queue(declaration.destination);
        slot != nullptr && declaration.target == Target::queue) {
        VARVE_CO_TRY(check_accessible(*slot->entry, session));
    }
    const Exchange* source = vhost->find_exchange(declaration.source);
    const Binding* binding =
        source == nullptr ? nullptr : source->find_binding(key_of(declaration));
    if (binding == nullptr) co_return co_await settled();
    TopologyStep step;
    erase_bindings(step, {*binding});
    apply(step, BindingRemoved{vhost->name(), declaration});
    remove_if_unbound(step, *vhost, {declaration.source});
    co_return co_await carry_out(std::move(step));
}

void Registrar::carry_out(TopologyStep step, Resume done) {
    // Ends on shard 0 when the engine and every other shard have reported.
    struct Join {
        std::atomic<uint32_t> left;
        Result<void> outcome;
        std::vector<QueueEntryRef> declared;
        Resume done;
    };
    const uint64_t number = next_step_++;
    pending_.insert(number);
    auto join = std::make_shared<Join>();  // shared by the reports
    join->left = parts_.shards.count() + 1;
    join->declared = std::move(step.declared_queues);
    join->done = std::move(done);
    auto report = [this, join, number] {
        if (--join->left > 0) return;
        parts_.shards.at(0).post([this, join, number] {
            for (const QueueEntryRef& queue : join->declared) {
                QueueStage stage = QueueStage::declaring;  // unless it was closed meanwhile
                if (join->outcome)
                    queue->live.stage.compare_exchange_strong(stage, QueueStage::declared);
            }
            finish(number, join->outcome);
            join->done(join->outcome);
        });
    };

    if (step.transaction.empty()) {
        report();
    } else {
        parts_.engine.commit(std::move(step.transaction),
                             [join, report](const Result<CommitReceipt>& receipt) {
                                 if (!receipt) join->outcome = receipt.error();
                                 report();
                             });
    }
    const auto changes =
        std::make_shared<const TopologyChanges>(std::move(step.changes));  // read by every shard
    for (ShardIndex index = 1; index < parts_.shards.count(); ++index) {
        parts_.shards.at(index).post([this, index, changes, report] {
            for (const TopologyChange& change : *changes) parts_.apply(index, change);
            report();
        });
    }
    report();  // shard 0 has applied it already
}

Task<Result<void>> Registrar::carry_out(TopologyStep step) {
    co_return co_await resumed_by<Result<void>>(
        [&](Resume resume) { carry_out(std::move(step), std::move(resume)); });
}

Task<Result<void>> Registrar::settled() {
    if (pending_.empty()) co_return ok();
    co_return co_await resumed_by<Result<void>>(
        [this](Resume resume) { waiting_.emplace_back(pending_, std::move(resume)); });
}

void Registrar::finish(uint64_t number, const Result<void>& outcome) {
    pending_.erase(number);
    std::vector<Resume> ready;
    std::erase_if(waiting_, [&](auto& waiting) {
        waiting.first.erase(number);
        if (!waiting.first.empty()) return false;
        ready.push_back(std::move(waiting.second));
        return true;
    });
    for (const Resume& resume : ready) resume(outcome);
}

}  // namespace varve
