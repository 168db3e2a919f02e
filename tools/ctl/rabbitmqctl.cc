#include "tools/ctl/rabbitmqctl.h"

#include "tools/ctl/command.h"
#include "tools/text/bytes_text.h"
#include "tools/text/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace varve::ctl {

namespace {

std::vector<Command> all_commands() {
    std::vector<Command> all;
    for (const auto commands : {connection_commands(),
                                eval_commands(),
                                limit_commands(),
                                listing_commands(),
                                node_commands(),
                                permission_commands(),
                                policy_commands(),
                                queue_commands(),
                                user_commands(),
                                vhost_commands()}) {
        all.insert(all.end(), commands.begin(), commands.end());
    }
    std::ranges::sort(all, {}, &Command::name);
    return all;
}

// RabbitMQ's form, which its users and their scripts know.
ExitCode complain(const std::string& what, const std::string& next, ExitCode code) {
    fmt::print(stderr, "Error:\n{}\n", many_lines(what));
    if (!next.empty()) fmt::print(stderr, "\n{}\n", many_lines(next));
    return code;
}

ExitCode code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::closed:
            return ExitCode::unreachable;
        case ErrorCode::access_refused:
            return ExitCode::refused;
        case ErrorCode::not_found:
        case ErrorCode::invalid_argument:
        case ErrorCode::already_exists:
        case ErrorCode::precondition:
        case ErrorCode::resource_locked:
            return ExitCode::bad_data;
        default:
            return ExitCode::failed;
    }
}

std::string next_step(const Error& error, const ControlClient& broker) {
    if (error.code == ErrorCode::closed)
        return "Is varved running, with its data in " + broker.data_dir() +
               "? Name the directory with --data-dir or VARVE_DATA_DIR.";
    if (error.code == ErrorCode::access_refused)
        return "Run it as the user that varved runs as, or as root.";
    return "";
}

ExitCode print_help(const std::vector<Command>& commands) {
    fmt::print(
        "Usage\n\nrabbitmqctl [--data-dir <dir>] [-q] [--formatter json|table|csv] "
        "<command> [<command options>]\n\nCommands:\n\n");
    for (const Command& command : commands) fmt::print("   {} {}\n", command.name, command.words);
    return ExitCode::done;
}

ExitCode unknown_command(const Line& line, const std::vector<Command>& commands) {
    std::vector<std::string> names;
    for (const Command& command : commands) names.emplace_back(command.name);
    const auto meant = nearest(line.command, names);
    const std::string what = line.command.empty() ? "a command is missing"
                                                  : "there is no command '" + line.command + "'";
    const std::string guess = meant ? "Did you mean '" + *meant + "'? " : std::string();
    return complain(what, guess + "rabbitmqctl help lists them all.", ExitCode::usage);
}

std::string data_dir_of(const Line& line) {
    if (const auto named = line.value("data-dir")) return *named;
    const char* environment = std::getenv("VARVE_DATA_DIR");
    return environment != nullptr && *environment != '\0' ? environment : "varve-data";
}

}  // namespace

bool is_rabbitmqctl(std::string_view program) {
    const std::string_view name = program.substr(program.rfind('/') + 1);
    return name == "rabbitmqctl" || name == "rabbitmq-diagnostics";
}

ExitCode run_rabbitmqctl(const std::vector<std::string>& arguments) {
    const std::vector<Command> commands = all_commands();
    auto line = parse_line(arguments);
    if (!line) return complain(line.error().detail, "", ExitCode::usage);
    if (line->has("version")) line->command = "version";
    if (line->has("help") || line->command == "help") return print_help(commands);
    const auto command = std::ranges::find(commands, line->command, &Command::name);
    if (command == commands.end()) return unknown_command(*line, commands);
    if (line->words.size() < command->words_min || line->words.size() > command->words_max) {
        const bool few = line->words.size() < command->words_min;
        return complain(fmt::format("{} {}: {} arguments",
                                    command->name,
                                    command->words,
                                    few ? "not enough" : "too many"),
                        "",
                        ExitCode::usage);
    }
    const std::string formatter = line->formatter();
    constexpr std::string_view kFormatters[] = {"table", "json", "csv", "pretty_table", "string"};
    if (std::ranges::find(kFormatters, formatter) == std::end(kFormatters)) {
        return complain("there is no formatter '" + formatter + "'",
                        "It is table, json or csv.",
                        ExitCode::usage);
    }
    const ControlClient broker(data_dir_of(*line));
    const Ended ended = command->run(broker, *line);
    if (ended) return *ended;
    return complain(
        ended.error().detail, next_step(ended.error(), broker), code_of(ended.error().code));
}

// ---- what the commands share

void announce(const Line& line, std::string_view text) {
    if (!line.quiet() && line.formatter() == "table") fmt::print("{} ...\n", text);
}

Error refused(const Reply& reply) {
    if (reply.status == 404) return {ErrorCode::not_found, reply.reason()};
    if (reply.status >= 500) return {ErrorCode::io, reply.reason()};
    return {ErrorCode::precondition, reply.reason()};
}

Ended change(const ControlClient& broker,
             std::string_view method,
             const std::vector<std::string>& path,
             const boost::json::value& body,
             std::string_view query) {
    VARVE_TRY(const Reply reply, broker.ask(method, path, body, query));
    if (!reply.good()) return refused(reply);
    return ExitCode::done;
}

Result<boost::json::value> fetch(const ControlClient& broker,
                                 const std::vector<std::string>& path,
                                 std::string_view query) {
    VARVE_TRY(Reply reply, broker.get(path, query));
    if (!reply.good()) return refused(reply);
    return std::move(reply.body);
}

}  // namespace varve::ctl
