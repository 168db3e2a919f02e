#include "server/broker/topology.h"

#include "engine/base/check.h"
#include "server/broker/delay.h"

namespace varve {

namespace {

struct Predeclared {
    std::string_view name;
    const ExchangeType* type;
    bool internal;
};
constexpr Predeclared kPredeclared[] = {
    {"", &kDirectExchange, false},
    {"amq.direct", &kDirectExchange, false},
    {"amq.fanout", &kFanoutExchange, false},
    {"amq.topic", &kTopicExchange, false},
    {"amq.headers", &kHeadersExchange, false},
    {"amq.match", &kHeadersExchange, false},
    {"amq.rabbitmq.trace", &kTopicExchange, true},
};

void drop_source(std::map<Exchange*, uint32_t>& sources, Exchange* source) {
    const auto entry = sources.find(source);
    VARVE_CHECK(entry != sources.end());
    if (--entry->second == 0) sources.erase(entry);
}

}  // namespace

Vhost::Vhost(std::string name) : name_(std::move(name)) {
    for (const Predeclared& exchange : kPredeclared) {
        add_exchange(std::string(exchange.name),
                     {.type = exchange.type, .durable = true, .internal = exchange.internal});
    }
    default_exchange_ = find_exchange("");
}

Exchange* Vhost::find_exchange(std::string_view name) const {
    const auto found = exchanges_.find(name);
    return found == exchanges_.end() ? nullptr : found->second.get();
}

QueueSlot* Vhost::find_queue(std::string_view name) const {
    const auto found = queues_.find(name);
    return found == queues_.end() ? nullptr : found->second.get();
}

void Vhost::visit_target(RouteTarget target, std::vector<QueueSlot*>& out) {
    if (target.queue != nullptr) {
        if (target.queue->visit == visit_) return;
        target.queue->visit = visit_;
        out.push_back(target.queue);
    } else if (target.exchange->visit != visit_) {
        target.exchange->visit = visit_;
        to_visit_.push_back(target.exchange);
    }
}

void Vhost::route(Exchange& exchange, const RoutedMessage& message, std::vector<QueueSlot*>& out) {
    ++visit_;
    to_visit_.clear();
    visit_target({.exchange = &exchange}, out);
    while (!to_visit_.empty()) {
        Exchange& at = *to_visit_.back();
        to_visit_.pop_back();
        matched_.clear();
        if (&at == default_exchange_) {
            for (const std::string_view key : message.keys) {
                QueueSlot* queue = find_queue(key);
                if (queue != nullptr && !queue->delays) matched_.push_back({.queue = queue});
            }
        } else if (message.delay.count() > 0 && at.spec().delays()) {
            matched_.push_back({.queue = at.delay_queue});
        } else {
            at.match(message, matched_);
        }
        if (matched_.empty() && at.alternate()) {
            if (Exchange* alternate = find_exchange(*at.alternate()))
                matched_.push_back({.exchange = alternate});
        }
        for (const RouteTarget target : matched_) visit_target(target, out);
    }
}

RouteTarget Vhost::target_of(const BindingDeclaration& binding) const {
    if (binding.target == BindingDeclaration::Target::queue)
        return {.queue = find_queue(binding.destination)};
    return {.exchange = find_exchange(binding.destination)};
}

void Vhost::add_exchange(const std::string& name, ExchangeSpec spec) {
    const bool is_new =
        exchanges_.try_emplace(name, std::make_unique<Exchange>(name, std::move(spec))).second;
    VARVE_CHECK(is_new);
    join_delay_queue(name);
}

void Vhost::add_queue(const QueueEntryRef& queue, std::unique_ptr<QueueSlot> slot) {
    const bool delays = slot->delays;
    const bool is_new = queues_.try_emplace(queue->name, std::move(slot)).second;
    VARVE_CHECK(is_new);
    if (!delays) return;
    ++delay_queues_;
    join_delay_queue(exchange_of_delay_queue(queue->name));
}

void Vhost::join_delay_queue(std::string_view exchange) {
    Exchange* found = find_exchange(exchange);
    if (found != nullptr && found->spec().delays())
        found->delay_queue = find_queue(delay_queue_name(exchange));
}

void Vhost::unbind_all(Exchange& source,
                       BindingDeclaration::Target target,
                       const std::string& destination) {
    for (const Binding& binding : source.bindings_to(target, destination))
        unbind(binding.declaration);
}

void Vhost::remove_exchange(const std::string& name) {
    Exchange* exchange = find_exchange(name);
    VARVE_CHECK(exchange != nullptr);
    while (!exchange->bindings().empty()) {
        const BindingDeclaration binding = exchange->bindings().begin()->second.declaration;
        unbind(binding);
    }
    if (const auto sources = sources_.find(exchange); sources != sources_.end()) {
        const auto copy = sources->second;  // unbinding takes them away one by one
        for (const auto& [source, count] : copy)
            unbind_all(*source, BindingDeclaration::Target::exchange, name);
    }
    sources_.erase(exchange);
    exchanges_.erase(name);
}

void Vhost::remove_queue(const std::string& name) {
    QueueSlot* queue = find_queue(name);
    VARVE_CHECK(queue != nullptr);
    const auto copy = queue->sources;
    for (const auto& [source, count] : copy)
        unbind_all(*source, BindingDeclaration::Target::queue, name);
    if (queue->delays) {
        --delay_queues_;
        if (Exchange* exchange = find_exchange(exchange_of_delay_queue(name)))
            exchange->delay_queue = nullptr;
    }
    queues_.erase(name);
}

// Only exchanges are left.
void Vhost::remove_everything() {
    VARVE_CHECK(queues_.empty());
    sources_.clear();
    exchanges_.clear();
    default_exchange_ = nullptr;
}

void Vhost::bind(Binding binding) {
    Exchange* source = find_exchange(binding.declaration.source);
    const RouteTarget target = target_of(binding.declaration);
    VARVE_CHECK(source != nullptr && (target.queue != nullptr || target.exchange != nullptr));
    source->bind(std::move(binding), target);
    auto& sources = target.queue != nullptr ? target.queue->sources : sources_[target.exchange];
    ++sources[source];
}

void Vhost::unbind(const BindingDeclaration& binding) {
    Exchange* source = find_exchange(binding.source);
    const RouteTarget target = target_of(binding);
    VARVE_CHECK(source != nullptr && (target.queue != nullptr || target.exchange != nullptr));
    const bool was_there = source->unbind(key_of(binding), target);
    VARVE_CHECK(was_there);
    drop_source(target.queue != nullptr ? target.queue->sources : sources_[target.exchange],
                source);
}

void Topology::apply(const TopologyChange& change) {
    struct Apply {
        Topology& topology;
        Vhost& vhost(const std::string& name) const {
            Vhost* found = topology.find_vhost(name);
            VARVE_CHECK(found != nullptr);
            return *found;
        }
        void operator()(const VhostAdded& added) const {
            topology.vhosts_.try_emplace(added.vhost, std::make_unique<Vhost>(added.vhost));
        }
        void operator()(const VhostRemoved& removed) const {
            auto node = topology.vhosts_.extract(removed.vhost);
            VARVE_CHECK(!node.empty());
            node.mapped()->remove_everything();
            topology.removed_.push_back(std::move(node.mapped()));
        }
        void operator()(const ExchangeAdded& added) const {
            vhost(added.vhost).add_exchange(added.name, added.spec);
        }
        void operator()(const ExchangeRemoved& removed) const {
            vhost(removed.vhost).remove_exchange(removed.name);
        }
        void operator()(const ExchangeConfigured& configured) const {
            vhost(configured.vhost)
                .find_exchange(configured.name)
                ->set_alternate(configured.alternate);
        }
        void operator()(const QueueAdded& added) const {
            auto slot = std::make_unique<QueueSlot>();
            slot->entry = added.queue;
            slot->delays = is_delay_queue(added.queue->name);
            slot->spec = std::make_shared<const QueueSpec>(added.queue->spec);
            slot->settings = std::make_shared<const QueueSettings>(added.queue->spec.settings);
            topology.queues_[added.queue->id] = slot.get();
            vhost(added.queue->vhost).add_queue(added.queue, std::move(slot));
        }
        void operator()(const QueueRedeclared& redeclared) const {
            topology.find_queue(redeclared.queue->id)->spec = redeclared.spec;
        }
        void operator()(const QueueConfigured& configured) const {
            topology.find_queue(configured.queue->id)->settings = configured.settings;
        }
        void operator()(const CursorAdded& added) const {
            topology.find_queue(added.queue->id)->cursors.insert(added.name);
        }
        void operator()(const CursorRemoved& removed) const {
            topology.find_queue(removed.queue->id)->cursors.erase(removed.name);
        }
        void operator()(const QueueRemoved& removed) const {
            topology.queues_.erase(removed.queue->id);
            vhost(removed.queue->vhost).remove_queue(removed.queue->name);
        }
        void operator()(const BindingAdded& added) const {
            Vhost& at = vhost(added.vhost);
            if (added.recalled != nullptr) {
                added.recalled->add(at.find_exchange(added.binding.declaration.source)->history());
            }
            at.bind(added.binding);
        }
        void operator()(const BindingRemoved& removed) const {
            vhost(removed.vhost).unbind(removed.binding);
        }
    };
    std::visit(Apply{*this}, change);
}

Vhost* Topology::find_vhost(std::string_view name) const {
    const auto found = vhosts_.find(name);
    return found == vhosts_.end() ? nullptr : found->second.get();
}

QueueSlot* Topology::find_queue(const QueueId& id) const {
    const auto found = queues_.find(id);
    return found == queues_.end() ? nullptr : found->second;
}

}  // namespace varve
