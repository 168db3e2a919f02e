// eval: the expressions that tests of RabbitMQ's clients send, by their text. There is no Erlang
// here.
#include "tools/ctl/command.h"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <optional>
#include <regex>

namespace varve::ctl {

namespace {

using boost::json::object;

// White space means nothing in any of them.
std::string without_space(const std::string& expression) {
    std::string out;
    for (const char c : expression) {
        if (std::isspace(static_cast<unsigned char>(c)) == 0) out.push_back(c);
    }
    return out;
}

// What an expression asks of the broker.
struct Request {
    std::string_view method;
    std::vector<std::string> path;
    boost::json::value body = nullptr;
};

std::optional<Request> alarm_of(const std::string& expression) {
    static const std::regex pattern(
        R"(rabbit_alarm:(set|clear)_alarm\(\{+resource_limit,(disk|memory),node\(\)\}.*\)\.?)");
    std::smatch match;
    if (!std::regex_match(expression, match, pattern)) return std::nullopt;
    return Request{match[1] == "set" ? "PUT" : "DELETE", {"varve", "alarms", match[2].str()}};
}

std::optional<Request> channel_max_of(const std::string& expression) {
    static const std::regex pattern(R"(application:set_env\(rabbit,channel_max,(\d{1,9})\)\.?)");
    std::smatch match;
    if (!std::regex_match(expression, match, pattern)) return std::nullopt;
    return Request{"PUT", {"varve", "login-rules"}, object{{"channel_max", match[1].str()}}};
}

std::optional<Request> loopback_users_of(const std::string& expression) {
    static const std::regex pattern(
        R"re(application:set_env\(rabbit,loopback_users,\[((?:<<"[^"]*">>,?)*)\]\)\.?)re");
    static const std::regex name(R"re(<<"([^"]*)">>)re");
    std::smatch match;
    if (!std::regex_match(expression, match, pattern)) return std::nullopt;
    const std::string names = match[1].str();
    boost::json::array users;
    for (std::sregex_iterator at(names.begin(), names.end(), name), end; at != end; ++at)
        users.emplace_back((*at)[1].str());
    return Request{"PUT", {"varve", "login-rules"}, object{{"loopback_users", std::move(users)}}};
}

Ended eval(const ControlClient& broker, const Line& line) {
    const std::string expression = without_space(line.words[0]);
    for (const auto known : {alarm_of, channel_max_of, loopback_users_of}) {
        const auto request = known(expression);
        if (!request) continue;
        VARVE_TRY(change(broker, request->method, request->path, request->body));
        fmt::print("ok\n");
        return ExitCode::done;
    }
    return Error{
        ErrorCode::invalid_argument,
        "varve has no Erlang to evaluate '" + line.words[0] +
            "'. It knows rabbit_alarm:set_alarm and rabbit_alarm:clear_alarm, for disk and "
            "memory, and application:set_env of rabbit's channel_max and loopback_users."};
}

constexpr Command kCommands[] = {{"eval", "<expression>", 1, 1, eval}};

}  // namespace

std::span<const Command> eval_commands() { return kCommands; }

}  // namespace varve::ctl
