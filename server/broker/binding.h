// One binding as it is kept: from an exchange to a queue or another exchange.
#pragma once

#include "server/broker/declarations.h"

#include <compare>
#include <string>
#include <tuple>

namespace varve {

// What tells the bindings of one exchange apart. Ordered so that those to one destination stand
// together.
struct BindingKey {
    BindingDeclaration::Target target = BindingDeclaration::Target::queue;
    std::string destination;
    std::string routing_key;
    std::string arguments;
    auto operator<=>(const BindingKey&) const = default;
};

inline BindingKey key_of(const BindingDeclaration& binding) {
    return {binding.target, binding.destination, binding.routing_key, binding.arguments};
}

struct Binding {
    BindingDeclaration declaration;
    Id128 id;             // names it in the catalogue
    bool stored = false;  // both ends are durable
};

}  // namespace varve
