// add_user and the other commands about users.
#include "tools/ctl/command.h"
#include "tools/ctl/rows.h"

#include <fmt/format.h>

#include <array>
#include <iostream>

namespace varve::ctl {

namespace {

using boost::json::array;
using boost::json::object;

// A password that is not on the command line comes on standard input: it does not show in `ps`.
Result<std::string> password_of(const Line& line) {
    if (line.words.size() > 1) return line.words[1];
    std::string password;
    if (!std::getline(std::cin, password) || password.empty()) {
        return Error{ErrorCode::invalid_argument,
                     "no password: give it as an argument or on standard input"};
    }
    return password;
}

Ended add_user(const ControlClient& broker, const Line& line) {
    const std::string& name = line.words[0];
    VARVE_TRY(const std::string password, password_of(line));
    announce(line, fmt::format("Adding user \"{}\"", name));
    VARVE_TRY(change(broker,
                     "PUT",
                     {"users", name},
                     object{{"password", password}, {"tags", ""}},
                     "if-there=refuse"));
    if (!line.quiet())
        fmt::print(
            "Done. Don't forget to grant the user permissions to some virtual hosts! See "
            "'rabbitmqctl help set_permissions' to learn more.\n");
    return ExitCode::done;
}

Result<void> check_there(const ControlClient& broker, const std::string& name) {
    VARVE_TRY(const Reply found, broker.get({"users", name}));
    if (found.status == 404)
        return Error{ErrorCode::not_found, "User \"" + name + "\" does not exist"};
    return ok();
}

Ended delete_user(const ControlClient& broker, const Line& line) {
    announce(line, fmt::format("Deleting user \"{}\"", line.words[0]));
    VARVE_TRY(check_there(broker, line.words[0]));
    return change(broker, "DELETE", {"users", line.words[0]});
}

Ended change_password(const ControlClient& broker, const Line& line) {
    VARVE_TRY(const std::string password, password_of(line));
    announce(line, fmt::format("Changing password for user \"{}\"", line.words[0]));
    VARVE_TRY(check_there(broker, line.words[0]));
    return change(broker, "PUT", {"users", line.words[0]}, object{{"password", password}});
}

Ended clear_password(const ControlClient& broker, const Line& line) {
    announce(line, fmt::format("Clearing password for user \"{}\"", line.words[0]));
    VARVE_TRY(check_there(broker, line.words[0]));
    return change(broker, "PUT", {"users", line.words[0]}, object{{"password_hash", ""}});
}

Ended authenticate_user(const ControlClient& broker, const Line& line) {
    VARVE_TRY(const std::string password, password_of(line));
    announce(line, fmt::format("Authenticating user \"{}\"", line.words[0]));
    VARVE_TRY(const Reply reply,
              broker.ask("POST",
                         {"varve", "authenticate"},
                         object{{"username", line.words[0]}, {"password", password}}));
    if (reply.status == 401) {
        return Error{ErrorCode::precondition,
                     "failed to authenticate user \"" + line.words[0] + "\": " + reply.reason()};
    }
    if (!reply.good()) return refused(reply);
    if (!line.quiet()) fmt::print("Success\n");
    return ExitCode::done;
}

Ended set_user_tags(const ControlClient& broker, const Line& line) {
    array tags;
    for (size_t i = 1; i < line.words.size(); ++i) tags.emplace_back(line.words[i]);
    announce(line, fmt::format("Setting tags for user \"{}\"", line.words[0]));
    VARVE_TRY(check_there(broker, line.words[0]));
    return change(broker, "PUT", {"users", line.words[0]}, object{{"tags", std::move(tags)}});
}

constexpr std::array kColumns{ColumnOf{"user", "name"}, ColumnOf{"tags", "tags"}};

Ended list_users(const ControlClient& broker, const Line& line) {
    VARVE_TRY(boost::json::value users, fetch(broker, {"users"}));
    // Tags are words, not texts: [administrator, monitoring].
    if (line.formatter() == "table") {
        for (boost::json::value& user : users.as_array()) {
            std::string tags;
            for (const boost::json::value& tag : user.as_object()["tags"].as_array())
                tags += (tags.empty() ? "" : ", ") + cell_text(tag);
            user.as_object()["tags"] = "[" + tags + "]";
        }
    }
    announce(line, "Listing users");
    print_rows(line, kColumns, users.as_array());
    return ExitCode::done;
}

constexpr size_t kAnyTags = 100;
constexpr Command kCommands[] = {
    {"add_user", "<username> [<password>]", 1, 2, add_user},
    {"delete_user", "<username>", 1, 1, delete_user},
    {"change_password", "<username> [<password>]", 1, 2, change_password},
    {"clear_password", "<username>", 1, 1, clear_password},
    {"authenticate_user", "<username> [<password>]", 1, 2, authenticate_user},
    {"set_user_tags", "<username> [<tag> ...]", 1, kAnyTags, set_user_tags},
    {"list_users", "", 0, 0, list_users},
};

}  // namespace

std::span<const Command> user_commands() { return kCommands; }

}  // namespace varve::ctl
