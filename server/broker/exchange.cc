#include "server/broker/exchange.h"

#include "engine/base/check.h"

namespace varve {

Exchange::Exchange(std::string name, ExchangeSpec spec)
    : name_(std::move(name)),
      spec_(std::move(spec)),
      alternate_(spec_.alternate),
      routes_(must(spec_.type->make(must(amqp::FieldTable::decode(spec_.arguments))))) {}

void Exchange::bind(Binding binding, RouteTarget target) {
    const auto [entry, is_new] =
        bindings_.try_emplace(key_of(binding.declaration), std::move(binding));
    VARVE_CHECK(is_new);
    routes_->add(entry->second.declaration, target);
}

bool Exchange::unbind(const BindingKey& key, RouteTarget target) {
    const auto entry = bindings_.find(key);
    if (entry == bindings_.end()) return false;
    routes_->remove(entry->second.declaration, target);
    bindings_.erase(entry);
    return true;
}

const Binding* Exchange::find_binding(const BindingKey& key) const {
    const auto entry = bindings_.find(key);
    return entry == bindings_.end() ? nullptr : &entry->second;
}

std::vector<Binding> Exchange::bindings_to(BindingDeclaration::Target target,
                                           const std::string& destination) const {
    std::vector<Binding> found;
    for (auto at = bindings_.lower_bound({target, destination, {}, {}}); at != bindings_.end();
         ++at) {
        if (at->first.target != target || at->first.destination != destination) break;
        found.push_back(at->second);
    }
    return found;
}

}  // namespace varve
