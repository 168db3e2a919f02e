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

Error default_exchange_refused() {
    return {ErrorCode::access_refused, "operation not permitted on the default exchange"};
}

}  // namespace

Registrar::Registrar(RegistrarParts parts)
    : parts_(std::move(parts)), steps_(parts_.engine, parts_.shards, parts_.apply) {}

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
        co_return co_await steps_.settled();
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
    co_return co_await steps_.run(std::move(step));
}

Task<Result<void>> Registrar::delete_exchange(SessionContext session,
                                              std::string name,
                                              bool if_unused) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    const Exchange* exchange = vhost->find_exchange(name);
    if (exchange == nullptr) co_return co_await steps_.settled();
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
    co_return co_await steps_.run(std::move(step));
}

Task<Result<void>> Registrar::enact(TopologyStep step) {
    for (const TopologyChange& change : step.changes) parts_.apply(0, change);
    co_return co_await steps_.run(std::move(step));
}

void Registrar::erase_bindings(TopologyStep& step, const std::vector<Binding>& bindings) {
    for (const Binding& binding : bindings) {
        if (binding.stored) step.transaction.erase(binding_key(binding.id));
    }
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
    const Exchange* source = vhost.find_exchange(binding.source);
    if (source == nullptr) return not_found(exchange_text(binding.source, vhost.name()));
    const QueueSlot* slot = nullptr;
    if (binding.target == Target::queue) {
        slot = vhost.find_queue(binding.destination);
        if (slot == nullptr) return not_found(queue_text(binding.destination, vhost.name()));
    } else if (vhost.find_exchange(binding.destination) == nullptr) {
        return not_found(exchange_text(binding.destination, vhost.name()));
    }
    VARVE_TRY(source->check_binding(binding));
    return slot == nullptr ? ok() : check_accessible(*slot->entry, session);
}

Task<Result<void>> Registrar::bind(SessionContext session, BindingDeclaration declaration) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    VARVE_CO_TRY(check_ends(*vhost, session, declaration));
    const Exchange& source = *vhost->find_exchange(declaration.source);
    if (source.find_binding(key_of(declaration)) != nullptr) co_return co_await steps_.settled();

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
    VARVE_CO_TRY(co_await steps_.run(std::move(step)));
    if (recalled == nullptr) co_return ok();
    co_return co_await parts_.replay(
        session.vhost_name, std::move(declaration), recalled->newest(history_length));
}

Task<Result<void>> Registrar::unbind(SessionContext session, BindingDeclaration declaration) {
    VARVE_CO_TRY(Vhost * vhost, vhost_of(session));
    if (declaration.source.empty()) co_return default_exchange_refused();
    const Exchange* source = vhost->find_exchange(declaration.source);
    const Binding* binding =
        source == nullptr ? nullptr : source->find_binding(key_of(declaration));
    if (binding == nullptr) co_return co_await steps_.settled();
    if (declaration.target == Target::queue) {
        VARVE_CO_TRY(check_accessible(*vhost->find_queue(declaration.destination)->entry, session));
    }
    TopologyStep step;
    erase_bindings(step, {*binding});
    apply(step, BindingRemoved{vhost->name(), declaration});
    remove_if_unbound(step, *vhost, {declaration.source});
    co_return co_await steps_.run(std::move(step));
}

}  // namespace varve
