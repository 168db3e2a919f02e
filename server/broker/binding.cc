#include "server/broker/binding.h"

#include "server/message/field_table.h"

#include <algorithm>

namespace varve {

namespace {

std::string sorted_by_name(const std::string& arguments) {
    const auto table = amqp::FieldTable::decode(arguments);
    if (!table) return arguments;  // from a damaged disk: told where the binding is checked
    auto entries = table->entries();
    if (std::ranges::is_sorted(entries, {}, &amqp::FieldEntry::name)) return arguments;
    std::ranges::stable_sort(entries, {}, &amqp::FieldEntry::name);
    return amqp::FieldTable(std::move(entries)).encode();
}

}  // namespace

BindingKey key_of(const BindingDeclaration& binding) {
    return {binding.target,
            binding.destination,
            binding.routing_key,
            binding.arguments.empty() ? std::string() : sorted_by_name(binding.arguments)};
}

}  // namespace varve
