// delete_queue, purge_queue
#include "tools/ctl/command.h"

#include <fmt/format.h>

namespace varve::ctl {

namespace {

Ended delete_queue(const ControlClient& broker, const Line& line) {
    const std::string& name = line.words[0];
    announce(line, fmt::format("Deleting queue '{}' on vhost '{}'", name, line.vhost()));
    std::string query;
    if (line.has("if-empty")) query += "if-empty=true&";
    if (line.has("if-unused")) query += "if-unused=true";
    VARVE_TRY(const Reply found, broker.get({"queues", line.vhost(), name}));
    if (found.status == 404) return Error{ErrorCode::not_found, "No such queue was found"};
    VARVE_TRY(change(broker, "DELETE", {"queues", line.vhost(), name}, nullptr, query));
    if (!line.quiet()) fmt::print("Queue was successfully deleted\n");
    return ExitCode::done;
}

Ended purge_queue(const ControlClient& broker, const Line& line) {
    const std::string& name = line.words[0];
    announce(line, fmt::format("Purging queue '{}' in vhost '{}'", name, line.vhost()));
    return change(broker, "DELETE", {"queues", line.vhost(), name, "contents"});
}

constexpr Command kCommands[] = {
    {"delete_queue", "[-p <vhost>] <queue> [--if-empty] [--if-unused]", 1, 1, delete_queue},
    {"purge_queue", "[-p <vhost>] <queue>", 1, 1, purge_queue},
};

}  // namespace

std::span<const Command> queue_commands() { return kCommands; }

}  // namespace varve::ctl
