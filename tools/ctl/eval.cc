// eval: the expressions that tests of RabbitMQ's clients send, by their text. There is no Erlang
// here.
#include "tools/ctl/command.h"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <regex>

namespace varve::ctl {

namespace {

// White space means nothing in any of them.
std::string without_space(const std::string& expression) {
    std::string out;
    for (const char c : expression) {
        if (std::isspace(static_cast<unsigned char>(c)) == 0) out.push_back(c);
    }
    return out;
}

Ended eval(const ControlClient& broker, const Line& line) {
    const std::string expression = without_space(line.words[0]);
    std::smatch match;
    static const std::regex alarm(
        R"(rabbit_alarm:(set|clear)_alarm\(\{+resource_limit,(disk|memory),node\(\)\}.*\)\.?)");
    if (std::regex_match(expression, match, alarm)) {
        VARVE_TRY(change(
            broker, match[1] == "set" ? "PUT" : "DELETE", {"varve", "alarms", match[2].str()}));
        fmt::print("ok\n");
        return ExitCode::done;
    }
    return Error{
        ErrorCode::invalid_argument,
        "varve has no Erlang to evaluate '" + line.words[0] +
            "'. It knows rabbit_alarm:set_alarm and rabbit_alarm:clear_alarm, for disk and "
            "memory."};
}

constexpr Command kCommands[] = {{"eval", "<expression>", 1, 1, eval}};

}  // namespace

std::span<const Command> eval_commands() { return kCommands; }

}  // namespace varve::ctl
