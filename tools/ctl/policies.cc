// set_policy, clear_policy, list_policies, and the same for operator policies.
#include "tools/ctl/command.h"
#include "tools/ctl/rows.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>

namespace varve::ctl {

namespace {

struct Kind {
    std::string path;
    std::string called;
};
Kind kind_of(const Line& line) {
    if (line.command.find("operator") != std::string::npos)
        return {"operator-policies", "operator policy"};
    return {"policies", "policy"};
}

Ended set(const ControlClient& broker, const Line& line) {
    const auto [path, called] = kind_of(line);
    const std::string& name = line.words[0];
    boost::json::error_code failed;
    boost::json::value definition = boost::json::parse(line.words[2], failed);
    if (failed || !definition.is_object()) {
        return Error{ErrorCode::invalid_argument,
                     "the definition is not a JSON object: " + line.words[2]};
    }
    const std::string priority = line.value("priority").value_or("0");
    announce(line,
             fmt::format("Setting {} \"{}\" for pattern \"{}\" to \"{}\" with priority \"{}\" for "
                         "vhost \"{}\"",
                         called,
                         name,
                         line.words[1],
                         line.words[2],
                         priority,
                         line.vhost()));
    return change(broker,
                  "PUT",
                  {path, line.vhost(), name},
                  boost::json::object{{"pattern", line.words[1]},
                                      {"definition", std::move(definition)},
                                      {"priority", priority},
                                      {"apply-to", line.value("apply-to").value_or("all")}});
}

Ended clear(const ControlClient& broker, const Line& line) {
    const auto [path, called] = kind_of(line);
    announce(
        line,
        fmt::format("Clearing {} \"{}\" on vhost \"{}\"", called, line.words[0], line.vhost()));
    return change(broker, "DELETE", {path, line.vhost(), line.words[0]});
}

constexpr std::array kColumns{
    ColumnOf{"vhost", "vhost"},
    ColumnOf{"name", "name"},
    ColumnOf{"pattern", "pattern"},
    ColumnOf{"apply-to", "apply-to"},
    ColumnOf{"definition", "definition"},
    ColumnOf{"priority", "priority"},
};

Ended list(const ControlClient& broker, const Line& line) {
    const auto [path, called] = kind_of(line);
    VARVE_TRY(boost::json::value items, fetch(broker, {path, line.vhost()}));
    // RabbitMQ's tool shows a definition as the JSON that set it.
    if (line.formatter() != "json") {
        for (boost::json::value& item : items.as_array()) {
            boost::json::value& definition = item.as_object()["definition"];
            definition = boost::json::serialize(definition);
        }
    }
    const bool operators = path != "policies";
    announce(line,
             fmt::format("Listing {} for vhost \"{}\"",
                         operators ? "operator policy overrides" : "policies",
                         line.vhost()));
    print_rows(line, kColumns, items.as_array());
    return ExitCode::done;
}

constexpr std::string_view kSetWords =
    "[-p <vhost>] [--priority <n>] [--apply-to <target>] <name> <pattern> <definition>";
constexpr Command kCommands[] = {
    {"set_policy", kSetWords, 3, 3, set},
    {"clear_policy", "[-p <vhost>] <name>", 1, 1, clear},
    {"list_policies", "[-p <vhost>]", 0, 0, list},
    {"set_operator_policy", kSetWords, 3, 3, set},
    {"clear_operator_policy", "[-p <vhost>] <name>", 1, 1, clear},
    {"list_operator_policies", "[-p <vhost>]", 0, 0, list},
};

}  // namespace

std::span<const Command> policy_commands() { return kCommands; }

}  // namespace varve::ctl
