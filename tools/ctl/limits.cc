// set_vhost_limits, set_user_limits, and what lists and clears them.
#include "tools/ctl/command.h"
#include "tools/ctl/rows.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>

namespace varve::ctl {

namespace {

using boost::json::object;

// {"max-connections":5,"max-queues":10}: one request for each.
Ended set_each(const ControlClient& broker,
               const std::string& path,
               const std::string& name,
               const std::string& definition) {
    boost::json::error_code failed;
    const boost::json::value limits = boost::json::parse(definition, failed);
    if (failed || !limits.is_object()) {
        return Error{ErrorCode::invalid_argument,
                     "the limits are not a JSON object: " + definition};
    }
    for (const auto& limit : limits.get_object()) {
        const std::string called(limit.key().data(), limit.key().size());
        VARVE_TRY(change(broker, "PUT", {path, name, called}, object{{"value", limit.value()}}));
    }
    return ExitCode::done;
}

Ended set_vhost_limits(const ControlClient& broker, const Line& line) {
    announce(line,
             fmt::format(
                 "Setting vhost limits to \"{}\" for vhost \"{}\"", line.words[0], line.vhost()));
    return set_each(broker, "vhost-limits", line.vhost(), line.words[0]);
}

Ended clear_vhost_limits(const ControlClient& broker, const Line& line) {
    announce(line, fmt::format("Clearing vhost \"{}\" limits", line.vhost()));
    for (const std::string limit : {"max-connections", "max-queues"})
        VARVE_TRY(change(broker, "DELETE", {"vhost-limits", line.vhost(), limit}));
    return ExitCode::done;
}

Ended set_user_limits(const ControlClient& broker, const Line& line) {
    announce(
        line,
        fmt::format("Setting user limits to \"{}\" for user \"{}\"", line.words[1], line.words[0]));
    return set_each(broker, "user-limits", line.words[0], line.words[1]);
}

// One limit, or all of them.
Ended clear_user_limits(const ControlClient& broker, const Line& line) {
    announce(line,
             fmt::format("Clearing \"{}\" limit for user \"{}\"", line.words[1], line.words[0]));
    for (const std::string limit : {"max-connections", "max-channels"}) {
        if (line.words[1] != "all" && line.words[1] != limit) continue;
        VARVE_TRY(change(broker, "DELETE", {"user-limits", line.words[0], limit}));
    }
    return ExitCode::done;
}

Ended list(const ControlClient& broker,
           const Line& line,
           const std::vector<std::string>& path,
           std::string_view called) {
    VARVE_TRY(boost::json::value items, fetch(broker, path));
    if (line.formatter() != "json") {
        for (boost::json::value& item : items.as_array()) {
            boost::json::value& limits = item.as_object()["value"];
            limits = boost::json::serialize(limits);
        }
    }
    announce(line, fmt::format("Listing limits for {}", path.size() > 1 ? path[1] : "all"));
    const std::array columns{ColumnOf{called, called}, ColumnOf{"limits", "value"}};
    print_rows(line, columns, items.as_array());
    return ExitCode::done;
}

Ended list_vhost_limits(const ControlClient& broker, const Line& line) {
    std::vector<std::string> path{"vhost-limits"};
    if (!line.has("global")) path.push_back(line.vhost());
    return list(broker, line, path, "vhost");
}

Ended list_user_limits(const ControlClient& broker, const Line& line) {
    std::vector<std::string> path{"user-limits"};
    if (const auto user = line.value("user")) path.push_back(*user);
    return list(broker, line, path, "user");
}

constexpr Command kCommands[] = {
    {"set_vhost_limits", "[-p <vhost>] <definition>", 1, 1, set_vhost_limits},
    {"clear_vhost_limits", "[-p <vhost>]", 0, 0, clear_vhost_limits},
    {"list_vhost_limits", "[-p <vhost>] [--global]", 0, 0, list_vhost_limits},
    {"set_user_limits", "<username> <definition>", 2, 2, set_user_limits},
    {"clear_user_limits", "<username> <limit or all>", 2, 2, clear_user_limits},
    {"list_user_limits", "[--user <username>]", 0, 0, list_user_limits},
};

}  // namespace

std::span<const Command> limit_commands() { return kCommands; }

}  // namespace varve::ctl
