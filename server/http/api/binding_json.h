// Bindings as JSON: three resources list them.
#pragma once

#include "server/broker/declarations.h"
#include "server/http/api/context.h"

#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace varve {

struct BindingFilter {
    std::optional<std::string> source;
    std::optional<BindingDeclaration::Target> target;
    std::optional<std::string> destination;
};

// Those that match, of one vhost or of all, with the binding of every queue to the default
// exchange.
Task<boost::json::array> bindings_json(ApiContext& context,
                                       std::optional<std::string> vhost,
                                       BindingFilter filter);

// How a binding is named among those of the same two ends: "key", "key~hash", "~".
std::string properties_key(const BindingDeclaration& binding);

}  // namespace varve
