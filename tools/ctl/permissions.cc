// set_permissions and the other commands about what users may do.
#include "tools/ctl/command.h"
#include "tools/ctl/rows.h"

#include <fmt/format.h>

#include <array>

namespace varve::ctl {

namespace {

using boost::json::object;

Ended set_permissions(const ControlClient& broker, const Line& line) {
    announce(
        line,
        fmt::format(
            "Setting permissions for user \"{}\" in vhost \"{}\"", line.words[0], line.vhost()));
    return change(
        broker,
        "PUT",
        {"permissions", line.vhost(), line.words[0]},
        object{{"configure", line.words[1]}, {"write", line.words[2]}, {"read", line.words[3]}});
}

Ended clear_permissions(const ControlClient& broker, const Line& line) {
    announce(
        line,
        fmt::format(
            "Clearing permissions for user \"{}\" in vhost \"{}\"", line.words[0], line.vhost()));
    return change(broker, "DELETE", {"permissions", line.vhost(), line.words[0]});
}

Ended set_topic_permissions(const ControlClient& broker, const Line& line) {
    announce(line,
             fmt::format("Setting topic permissions on \"{}\" for user \"{}\" in vhost \"{}\"",
                         line.words[1],
                         line.words[0],
                         line.vhost()));
    return change(
        broker,
        "PUT",
        {"topic-permissions", line.vhost(), line.words[0]},
        object{{"exchange", line.words[1]}, {"write", line.words[2]}, {"read", line.words[3]}});
}

Ended clear_topic_permissions(const ControlClient& broker, const Line& line) {
    announce(line,
             fmt::format("Clearing topic permissions for user \"{}\" in vhost \"{}\"",
                         line.words[0],
                         line.vhost()));
    std::vector<std::string> path{"topic-permissions", line.vhost(), line.words[0]};
    if (line.words.size() > 1) path.push_back(line.words[1]);
    return change(broker, "DELETE", path);
}

constexpr std::array kRights{
    ColumnOf{"configure", "configure"}, ColumnOf{"write", "write"}, ColumnOf{"read", "read"}};
constexpr std::array kTopicRights{
    ColumnOf{"exchange", "exchange"}, ColumnOf{"write", "write"}, ColumnOf{"read", "read"}};

Ended list(const ControlClient& broker,
           const Line& line,
           const std::vector<std::string>& path,
           std::string_view first) {
    const bool topics = path.back() == "topic-permissions";
    std::vector<ColumnOf> columns{{first, first}};
    if (topics)
        columns.insert(columns.end(), kTopicRights.begin(), kTopicRights.end());
    else
        columns.insert(columns.end(), kRights.begin(), kRights.end());
    VARVE_TRY(const boost::json::value items, fetch(broker, path));
    announce(line,
             fmt::format("Listing {}permissions for {} \"{}\"",
                         topics ? "topic " : "",
                         first == "user" ? "vhost" : "user",
                         path[1]));
    print_rows(line, columns, items.as_array());
    return ExitCode::done;
}

Ended list_permissions(const ControlClient& broker, const Line& line) {
    return list(broker, line, {"vhosts", line.vhost(), "permissions"}, "user");
}
Ended list_topic_permissions(const ControlClient& broker, const Line& line) {
    return list(broker, line, {"vhosts", line.vhost(), "topic-permissions"}, "user");
}
Ended list_user_permissions(const ControlClient& broker, const Line& line) {
    return list(broker, line, {"users", line.words[0], "permissions"}, "vhost");
}
Ended list_user_topic_permissions(const ControlClient& broker, const Line& line) {
    return list(broker, line, {"users", line.words[0], "topic-permissions"}, "vhost");
}

constexpr Command kCommands[] = {
    {"set_permissions",
     "[-p <vhost>] <username> <configure> <write> <read>",
     4,
     4,
     set_permissions},
    {"clear_permissions", "[-p <vhost>] <username>", 1, 1, clear_permissions},
    {"list_permissions", "[-p <vhost>]", 0, 0, list_permissions},
    {"list_user_permissions", "<username>", 1, 1, list_user_permissions},
    {"set_topic_permissions",
     "[-p <vhost>] <username> <exchange> <write> <read>",
     4,
     4,
     set_topic_permissions},
    {"clear_topic_permissions",
     "[-p <vhost>] <username> [<exchange>]",
     1,
     2,
     clear_topic_permissions},
    {"list_topic_permissions", "[-p <vhost>]", 0, 0, list_topic_permissions},
    {"list_user_topic_permissions", "<username>", 1, 1, list_user_topic_permissions},
};

}  // namespace

std::span<const Command> permission_commands() { return kCommands; }

}  // namespace varve::ctl
