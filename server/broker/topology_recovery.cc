#include "server/broker/topology_recovery.h"

#include "server/broker/definitions.h"
#include "server/broker/delay.h"
#include "server/broker/named_cursor.h"
#include "server/broker/policies.h"
#include "server/broker/registrar.h"
#include "server/broker/topology.h"

namespace varve {

namespace {

constexpr std::string_view kDefaultVhost = "/";

// Applies what it reads to a topology of its own, so that nothing is taken over that does not fit.
class Recovery {
public:
    Recovery(Engine& engine, uint32_t shard_count, const RetentionPolicy& retention_default)
        : engine_(engine),
          shard_count_(shard_count),
          retention_default_(retention_default),
          policies_(retention_default) {}

    Result<void> add(const CatalogueKey& key, ByteView value) {
        if (key.kind == kPolicyDefinition) return add_policy(value);
        switch (static_cast<DefinitionKind>(key.kind)) {
            case DefinitionKind::vhost:
                return add_vhost(value);
            case DefinitionKind::exchange:
                return add_exchange(value);
            case DefinitionKind::queue:
                return add_queue(value);
            case DefinitionKind::binding:
                return add_binding(value);
            case DefinitionKind::cursor:
                return add_cursor(value);
            case DefinitionKind::publisher:
                return add_publisher(value);
        }
        return ok();  // somebody else's
    }

    Result<void> add_policy(ByteView value) {
        VARVE_TRY(Policy policy, decode_policy(value));
        policies_.put(std::move(policy));
        return ok();
    }

    // What policies say of all that was added.
    TopologyStep configured() const {
        TopologyStep step;
        for (const auto& [name, in] : topology_.vhosts()) {
            for (const auto& [exchange_name, exchange] : in->exchanges())
                configure(step, policies_, name, *exchange);
            for (const auto& [queue_name, slot] : in->queues()) configure(step, policies_, *slot);
        }
        return step;
    }
    PolicyBook take_policies() { return std::move(policies_); }

    // What a delayed exchange needs was made with it.
    Result<void> check_delay_queues() const {
        for (const auto& [vhost_name, in] : topology_.vhosts()) {
            for (const auto& [name, exchange] : in->exchanges()) {
                if (exchange->spec().delays() && in->find_queue(delay_queue_name(name)) == nullptr)
                    return misfit("exchange '" + name + "' without its queue");
            }
        }
        return ok();
    }
    bool has_vhost() const { return !topology_.vhosts().empty(); }
    void apply(TopologyChange change) {
        topology_.apply(change);
        changes_.push_back(std::move(change));
    }
    TopologyChanges take_changes() { return std::move(changes_); }

private:
    static Error misfit(const std::string& what) {
        return {ErrorCode::corrupt, "catalogue: " + what};
    }

    Result<Vhost*> vhost(const std::string& name) const {
        Vhost* found = topology_.find_vhost(name);
        if (found == nullptr) return misfit("no vhost '" + name + "'");
        return found;
    }

    Result<void> add_vhost(ByteView value) {
        VARVE_TRY(const std::string name, decode_vhost(value));
        apply(VhostAdded{name});
        return ok();
    }

    Result<void> add_exchange(ByteView value) {
        VARVE_TRY(const ExchangeDefinition exchange, decode_exchange(value));
        VARVE_TRY(const Vhost* in, vhost(exchange.vhost));
        const std::string& name = exchange.declaration.name;
        if (in->find_exchange(name) != nullptr) return misfit("exchange '" + name + "' twice");
        VARVE_TRY(ExchangeSpec spec, parse_exchange_spec(exchange.declaration, exchange.vhost));
        apply(ExchangeAdded{exchange.vhost, name, std::move(spec)});
        return ok();
    }

    Result<void> add_queue(ByteView value) {
        VARVE_TRY(const QueueDefinition definition, decode_queue(value));
        VARVE_TRY(const Vhost* in, vhost(definition.vhost));
        const std::string& name = definition.declaration.name;
        if (in->find_queue(name) != nullptr) return misfit("queue '" + name + "' twice");
        auto queue = std::make_shared<QueueEntry>();
        queue->id = definition.id;
        queue->vhost = definition.vhost;
        queue->name = name;
        VARVE_TRY(queue->spec,
                  parse_queue_spec(definition.declaration, definition.vhost, retention_default_));
        queue->live.shard.store(Registrar::shard_of(queue->id, shard_count_));
        for (const LogId& id : definition.logs) {
            LogRef log = engine_.find_log(id);
            if (log == nullptr) return misfit("queue '" + name + "' without its log " + id.hex());
            queue->logs.push_back(std::move(log));
        }
        if (queue->logs.size() != queue->spec.level_count())
            return misfit("queue '" + name + "' without its levels");
        queue->live.stage.store(QueueStage::declared);
        apply(QueueAdded{std::move(queue)});
        return ok();
    }

    Result<void> add_binding(ByteView value) {
        VARVE_TRY(const BindingDefinition definition, decode_binding(value));
        VARVE_TRY(const Vhost* in, vhost(definition.vhost));
        const BindingDeclaration& binding = definition.declaration;
        const Exchange* source = in->find_exchange(binding.source);
        const bool has_target = binding.target == BindingDeclaration::Target::queue
                                    ? in->find_queue(binding.destination) != nullptr
                                    : in->find_exchange(binding.destination) != nullptr;
        if (source == nullptr || !has_target) {
            return misfit("binding of '" + binding.source + "' to '" + binding.destination +
                          "' without its ends");
        }
        if (source->find_binding(key_of(binding)) != nullptr)
            return misfit("binding of '" + binding.source + "' twice");
        VARVE_TRY(source->check_binding(binding));
        apply(BindingAdded{definition.vhost, {binding, definition.id, true}});
        return ok();
    }

    Result<void> add_cursor(ByteView value) {
        VARVE_TRY(const CursorDefinition cursor, decode_cursor(value));
        const QueueSlot* slot = topology_.find_queue(cursor.queue);
        if (slot == nullptr) return misfit("cursor '" + cursor.name + "' without its queue");
        const LogRef log = slot->entry->logs.empty() ? nullptr : slot->entry->logs.front();
        if (log == nullptr || !log->cursor(cursor_id_of(cursor.name)))
            return misfit("cursor '" + cursor.name + "' without its place");
        apply(CursorAdded{slot->entry, cursor.name});
        return ok();
    }

    // One that sent at the very end of its queue may have outlived it.
    Result<void> add_publisher(ByteView value) {
        VARVE_TRY(PublisherDefinition publisher, decode_publisher(value));
        if (const QueueSlot* slot = topology_.find_queue(publisher.queue))
            slot->entry->live.publishing_ids.load(std::move(publisher.name), publisher.id);
        return ok();
    }

    Engine& engine_;
    uint32_t shard_count_;
    RetentionPolicy retention_default_;
    PolicyBook policies_;
    Topology topology_;
    TopologyChanges changes_;
};

}  // namespace

Result<RecoveredTopology> recover_topology(Engine& engine,
                                           uint32_t shard_count,
                                           const RetentionPolicy& retention_default) {
    Recovery recovery(engine, shard_count, retention_default);
    Result<void> outcome;
    engine.for_each_definition([&](const CatalogueKey& key, ByteView value) {
        if (outcome) outcome = recovery.add(key, value);
    });
    VARVE_TRY(std::move(outcome));
    VARVE_TRY(recovery.check_delay_queues());
    if (!recovery.has_vhost()) {
        const std::string name(kDefaultVhost);
        Transaction transaction;
        transaction.put(vhost_key(name), encode_vhost(name));
        VARVE_TRY(engine.commit_and_wait(std::move(transaction)));
        recovery.apply(VhostAdded{name});
    }
    TopologyStep configured = recovery.configured();
    if (!configured.transaction.empty())
        VARVE_TRY(engine.commit_and_wait(std::move(configured.transaction)));
    for (TopologyChange& change : configured.changes) recovery.apply(std::move(change));
    return RecoveredTopology{recovery.take_changes(), recovery.take_policies()};
}

}  // namespace varve
