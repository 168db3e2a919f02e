// close_connection, close_all_connections, close_all_user_connections
#include "tools/ctl/command.h"

#include <fmt/format.h>

namespace varve::ctl {

namespace {

// What the client is told: connection.close 320 with these words.
std::string reason_query(const std::string& reason) { return "reason=" + percent_encoded(reason); }

Ended close_connection(const ControlClient& broker, const Line& line) {
    announce(line, fmt::format("Closing connection {}, reason: {}", line.words[0], line.words[1]));
    return change(
        broker, "DELETE", {"connections", line.words[0]}, nullptr, reason_query(line.words[1]));
}

Ended close_all(const ControlClient& broker, const Line& line) {
    announce(line, fmt::format("Closing all connections (reason: {})", line.words[0]));
    std::string query = reason_query(line.words[0]);
    // Without a vhost, or with --global: all of the node.
    if (const auto vhost = line.value("vhost"); vhost && !line.has("global"))
        query += "&vhost=" + percent_encoded(*vhost);
    return change(broker, "DELETE", {"connections"}, nullptr, query);
}

Ended close_all_of_user(const ControlClient& broker, const Line& line) {
    announce(
        line,
        fmt::format("Closing connections of user {}, reason: {}", line.words[0], line.words[1]));
    return change(broker,
                  "DELETE",
                  {"connections", "username", line.words[0]},
                  nullptr,
                  reason_query(line.words[1]));
}

constexpr Command kCommands[] = {
    {"close_connection", "<pid or name> <reason>", 2, 2, close_connection},
    {"close_all_connections", "[-p <vhost>] <reason>", 1, 1, close_all},
    {"close_all_user_connections", "<username> <reason>", 2, 2, close_all_of_user},
};

}  // namespace

std::span<const Command> connection_commands() { return kCommands; }

}  // namespace varve::ctl
