#include "server/http/api/binding_json.h"

#include "server/broker/inventory.h"
#include "server/http/json_fields.h"

#include <fmt/format.h>

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;
using Target = BindingDeclaration::Target;

// FNV-1a: any function would do that is the same after a restart.
uint64_t hash_of(std::string_view bytes) {
    uint64_t hash = 14695981039346656037u;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain =
            std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
        if (plain)
            out.push_back(c);
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

bool matches(const BindingDeclaration& binding, const BindingFilter& filter) {
    if (filter.source && *filter.source != binding.source) return false;
    if (filter.target && *filter.target != binding.target) return false;
    return !filter.destination || *filter.destination == binding.destination;
}

object json_of(const std::string& vhost, const BindingDeclaration& binding) {
    return object{{"arguments", json_of_encoded(binding.arguments)},
                  {"destination", utf8_text(binding.destination)},
                  {"destination_type", binding.target == Target::queue ? "queue" : "exchange"},
                  {"properties_key", properties_key(binding)},
                  {"routing_key", utf8_text(binding.routing_key)},
                  {"source", utf8_text(binding.source)},
                  {"vhost", utf8_text(vhost)}};
}

}  // namespace

std::string properties_key(const BindingDeclaration& binding) {
    if (binding.arguments.empty())
        return binding.routing_key.empty() ? "~" : percent_encoded(binding.routing_key);
    return percent_encoded(binding.routing_key) +
           fmt::format("~{:016x}", hash_of(binding.arguments));
}

Task<array> bindings_json(ApiContext& context,
                          std::optional<std::string> vhost,
                          BindingFilter filter) {
    array items;
    const bool with_default =
        filter.source.value_or("").empty() && filter.target != Target::exchange;
    if (with_default) {
        for (const QueueListing& queue : co_await context.broker.inventory().queues(vhost)) {
            const BindingDeclaration implied{.source = "",
                                             .target = Target::queue,
                                             .destination = queue.entry->name,
                                             .routing_key = queue.entry->name,
                                             .arguments = ""};
            if (matches(implied, filter)) items.push_back(json_of(queue.entry->vhost, implied));
        }
    }
    for (const BindingListing& listed : co_await context.broker.inventory().bindings(vhost)) {
        if (matches(listed.binding, filter)) items.push_back(json_of(listed.vhost, listed.binding));
    }
    co_return items;
}

}  // namespace varve
