// How queues come and go.
#include "server/broker/definitions.h"
#include "server/broker/delay.h"
#include "server/broker/ownership.h"
#include "server/broker/policies.h"
#include "server/broker/redeclaration.h"
#include "server/broker/registrar.h"
#include "server/broker/resource.h"

namespace varve {

ShardIndex Registrar::shard_of(const QueueId& id, uint32_t shard_count) {
    return static_cast<ShardIndex>(std::hash<Id128>()(id) % shard_count);
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
    queue->live.shard.store(shard_of(queue->id, parts_.shards.count()));
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
            // Nobody consumes from a stream, and nothing waits for that.
            if (queue->spec.is_stream()) step.transaction.create_cursor(log, kQueueCursor, kNever);
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
    const AccountsRef accounts = parts_.accounts();
    const VhostFacts* facts = accounts->find_vhost(vhost->name());
    const QueueSlot* slot = vhost->find_queue(declaration.name);
    QueueEntryRef closed;  // one of that name that is going
    if (slot != nullptr && slot->entry->closed()) {
        closed = slot->entry;
        slot = nullptr;
    }
    complete_type(declaration, facts, slot == nullptr ? nullptr : slot->spec.get());
    VARVE_CO_TRY(QueueSpec spec,
                 parse_queue_spec(declaration, vhost->name(), parts_.retention_default));
    if (slot != nullptr) {
        const QueueEntryRef queue = slot->entry;
        VARVE_CO_TRY(check_declared_by(*queue, session, spec));
        VARVE_CO_TRY(const Redeclaration again,
                     check_redeclared(*slot->spec, spec, *facts, queue->name));
        queue->live.used_ns.store(parts_.clock.monotonic().count());
        if (again == Redeclaration::changes)
            VARVE_CO_TRY(co_await change_queue(*slot, declaration, std::move(spec)));
        else
            VARVE_CO_TRY(co_await steps_.settled());
        co_return status_of(*queue);
    }
    // Names that the broker made up were checked when they were made.
    if (!declaration.name.starts_with("amq.gen-"))
        VARVE_CO_TRY(check_not_reserved("queue", declaration.name));
    const size_t others = vhost->queue_count() - (closed == nullptr ? 0 : 1);
    VARVE_CO_TRY(parts_.limits.admit_queue(vhost->name(), declaration.name, others));
    TopologyStep step;
    if (closed != nullptr) remove_queue(step, closed);
    const QueueEntryRef queue = add_queue(step, session, declaration, std::move(spec));
    VARVE_CO_TRY(co_await steps_.run(std::move(step)));
    QueueStatus status = status_of(*queue);
    status.unknown_arguments = unknown_arguments(queue->spec);
    co_return status;
}

Task<Result<void>> Registrar::change_queue(const QueueSlot& slot,
                                           const QueueDeclaration& declaration,
                                           QueueSpec spec) {
    const QueueEntry& queue = *slot.entry;
    TopologyStep step;
    if (queue.stored()) {
        QueueDefinition definition{queue.vhost, declaration, queue.id, {}};
        for (const LogRef& log : queue.logs) definition.logs.push_back(log->id());
        step.transaction.put(queue_key(queue.id), encode(definition));
    }
    const auto changed = std::make_shared<const QueueSpec>(std::move(spec));
    step.changes.emplace_back(QueueRedeclared{slot.entry, changed});
    configure(step, *parts_.policies(), slot, *changed);
    return enact(std::move(step));
}

Task<Result<uint64_t>> Registrar::delete_queue(SessionContext session,
                                               std::string name,
                                               DeleteConditions conditions) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    const QueueSlot* slot = vhost->find_queue(name);
    if (slot == nullptr) {
        VARVE_CO_TRY(co_await steps_.settled());
        co_return uint64_t{0};
    }
    const QueueEntryRef queue = slot->entry;
    VARVE_CO_TRY(check_accessible(*queue, session));
    co_await parts_.arrived(queue);
    VARVE_CO_TRY(const uint64_t ready,
                 co_await on_shard(parts_.shards.at(queue->shard()),
                                   [this, address = queue->address(), conditions] {
                                       return parts_.close(address, conditions);
                                   }));
    // Somebody else may have deleted it meanwhile.
    if (parts_.topology.find_queue(queue->id) == nullptr) {
        VARVE_CO_TRY(co_await steps_.settled());
        co_return ready;
    }
    TopologyStep step;
    remove_queue(step, queue);
    VARVE_CO_TRY(co_await steps_.run(std::move(step)));
    co_return ready;
}

void Registrar::remove_closed(const QueueEntryRef& queue) {
    if (parts_.topology.find_queue(queue->id) == nullptr) return;
    TopologyStep step;
    remove_queue(step, queue);
    steps_.run(std::move(step), [](const Result<void>& /*nobody waits*/) {});
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
    co_return co_await steps_.run(std::move(step));
}

void Registrar::remove_queue(TopologyStep& step, const QueueEntryRef& queue) {
    Vhost& vhost = *parts_.topology.find_vhost(queue->vhost);
    std::vector<std::string> sources;
    for (const auto& [source, count] : vhost.find_queue(queue->name)->sources) {
        sources.push_back(source->name());
        erase_bindings(step, source->bindings_to(BindingDeclaration::Target::queue, queue->name));
    }
    if (queue->stored()) {
        for (const std::string& cursor : vhost.find_queue(queue->name)->cursors)
            step.transaction.erase(cursor_key({queue->id, cursor}));
        for (const std::string& publisher : queue->live.publishing_ids.publishers())
            step.transaction.erase(publisher_key(queue->id, publisher));
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

}  // namespace varve
