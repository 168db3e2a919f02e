// One binding as it is kept: from an exchange to a queue or another exchange.
#pragma once

#include "server/broker/declarations.h"

#include <compare>
#include <string>
#include <tuple>

namespace varve {

// What tells the bindings of one exchange apart. Ordered so that those to one destination stand
// together. The arguments are sorted by name: their order means nothing, and a client that unbinds
// may write them in another one than when it bound.
struct BindingKey {
    BindingDeclaration::Target target = BindingDeclaration::Target::queue;
    std::string destination;
    std::string routing_key;
    std::string arguments;
    auto operator<=>(const BindingKey&) const = default;
};

BindingKey key_of(const BindingDeclaration& binding);

struct Binding {
    BindingDeclaration declaration;
    Id128 id;             // names it in the catalogue
    bool stored = false;  // both ends are durable
};

}  // namespace varve
