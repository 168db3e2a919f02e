// A command of rabbitmqctl, and what it has to do its work.
#pragma once

#include "engine/base/result.h"
#include "tools/ctl/control_client.h"
#include "tools/ctl/line.h"
#include "tools/exit_code.h"

#include <span>
#include <string>
#include <string_view>

namespace varve::ctl {

// Exit codes are those of rabbitmqctl where it has one.
using Ended = Result<ExitCode>;

struct Command {
    std::string_view name;
    std::string_view words;  // "<username> <password>", for the help
    size_t words_min = 0;
    size_t words_max = 0;
    Ended (*run)(const ControlClient& broker, const Line& line);
};

// One file and one table for each subject; commands.cc joins them.
std::span<const Command> connection_commands();
std::span<const Command> eval_commands();
std::span<const Command> limit_commands();
std::span<const Command> listing_commands();
std::span<const Command> node_commands();
std::span<const Command> permission_commands();
std::span<const Command> policy_commands();
std::span<const Command> queue_commands();
std::span<const Command> user_commands();
std::span<const Command> vhost_commands();

// "Setting policy ..." before the work, unless the user wants it quiet.
void announce(const Line& line, std::string_view text);
// A refusal as an error: what, why.
Error refused(const Reply& reply);
// Asks, and makes an error of a refusal.
Ended change(const ControlClient& broker,
             std::string_view method,
             const std::vector<std::string>& path,
             const boost::json::value& body = nullptr,
             std::string_view query = {});
// The same for what is read.
Result<boost::json::value> fetch(const ControlClient& broker,
                                 const std::vector<std::string>& path,
                                 std::string_view query = {});

}  // namespace varve::ctl
