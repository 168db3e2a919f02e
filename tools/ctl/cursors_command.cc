#include "tools/ctl/cursors_command.h"

#include "engine/io/clock.h"
#include "tools/ctl/command.h"
#include "tools/ctl/rows.h"
#include "tools/terminal/complaint.h"
#include "tools/terminal/output.h"
#include "tools/terminal/table.h"
#include "tools/text/bytes_text.h"
#include "tools/text/time_text.h"

#include <boost/json/serialize.hpp>

#include <charconv>
#include <memory>
#include <unistd.h>

namespace varve::ctl {

namespace {

using boost::json::object;

constexpr const char* kExamples =
    "  varve cursors list                                     every one, and how far it is behind\n"
    "  varve cursors reset orders billing --to first          its next reader gets everything\n"
    "  varve cursors reset orders billing --to '2026-05-04T12:00:00Z'\n"
    "  varve cursors delete orders billing                    what it alone has kept may go";

struct CursorOptions {
    std::string data_dir = "varve-data";
    std::string vhost;
    std::string queue;
    std::string name;
    std::string to;
    std::string output = "text";

    std::vector<std::string> path() const {
        return {"varve", "v1", "cursors", vhost.empty() ? "/" : vhost, queue, name};
    }
};

ExitCode complain_about(const Error& error, const CursorOptions& options) {
    switch (error.code) {
        case ErrorCode::closed:
            return complain({error.detail,
                             "is varved running, with its data in " + options.data_dir +
                                 "?   -D DIR or $VARVE_DATA_DIR"},
                            ExitCode::unreachable);
        case ErrorCode::access_refused:
            return complain({error.detail, "run it as the user that varved runs as, or as root"},
                            ExitCode::refused);
        case ErrorCode::not_found:
            return complain({error.detail, "varve cursors list"}, ExitCode::not_found);
        case ErrorCode::precondition:
            return complain({error.detail, ""}, ExitCode::bad_data);
        default:
            return complain(error);
    }
}

std::string cell(const object& cursor, std::string_view field) {
    return one_line(cell_text(cursor.at({field.data(), field.size()})));
}

Result<void> print_table(const boost::json::array& cursors) {
    const std::vector<Column> columns{{"VHOST"},
                                      {"QUEUE"},
                                      {"CURSOR"},
                                      {"NEXT OFFSET", Align::right},
                                      {"BEHIND", Align::right},
                                      {"IN USE"}};
    std::vector<Row> rows;
    for (const boost::json::value& item : cursors) {
        const object& cursor = item.as_object();
        rows.push_back({{cell(cursor, "vhost")},
                        {cell(cursor, "queue")},
                        {cell(cursor, "name")},
                        {cell(cursor, "next_offset")},
                        {cell(cursor, "messages_behind")},
                        {cursor.at("in_use").as_bool() ? "yes" : "no"}});
    }
    Output output(STDOUT_FILENO);
    VARVE_TRY(output.write(table_text(columns, rows, Style::of(output.is_terminal()))));
    return output.flush();
}

Result<void> list(const CursorOptions& options) {
    std::vector<std::string> path{"varve", "v1", "cursors"};
    if (!options.vhost.empty() || !options.queue.empty())
        path.push_back(options.vhost.empty() ? "/" : options.vhost);
    if (!options.queue.empty()) path.push_back(options.queue);
    VARVE_TRY(const boost::json::value cursors, fetch(ControlClient(options.data_dir), path));
    if (options.output == "text") return print_table(cursors.as_array());
    Output output(STDOUT_FILENO);
    VARVE_TRY(output.write(boost::json::serialize(cursors) + "\n"));
    return output.flush();
}

// Times have a colon, an at sign or the dashes of a date; the broker knows the rest.
Result<object> place_of(const std::string& text) {
    if (text.find_first_of(":@") != std::string::npos || text.find('-', 1) != std::string::npos) {
        VARVE_TRY(const TimePoint time, parse_time(text, system_clock().now()));
        return object{{"timestamp", time.ms / 1000}};
    }
    int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failed] = std::from_chars(text.data(), end, number);
    if (failed == std::errc() && stopped == end) return object{{"offset", number}};
    return object{{"offset", text}};
}

Result<void> reset(const CursorOptions& options) {
    VARVE_TRY(const object place, place_of(options.to));
    VARVE_TRY(change(ControlClient(options.data_dir), "PUT", options.path(), place));
    return ok();
}

Result<void> remove(const CursorOptions& options) {
    VARVE_TRY(change(ControlClient(options.data_dir), "DELETE", options.path()));
    return ok();
}

using Work = Result<void> (*)(const CursorOptions&);

CLI::App& add_action(CLI::App& command,
                     const char* name,
                     const char* summary,
                     const std::shared_ptr<CursorOptions>& options) {
    CLI::App& action = *command.add_subcommand(name, summary);
    action.add_option("-D,--data-dir", options->data_dir, "the directory of the broker's data")
        ->envname("VARVE_DATA_DIR")
        ->capture_default_str();
    action.add_option("-V,--vhost", options->vhost, "virtual host of the queue [/]");
    return action;
}

void add_one(CLI::App& action, const std::shared_ptr<CursorOptions>& options) {
    action.add_option("queue", options->queue, "the queue that is read")->required();
    action.add_option("cursor", options->name, "the name that readers give as x-cursor")
        ->required();
}

std::function<ExitCode()> add(CLI::App& command) {
    auto options = std::make_shared<CursorOptions>();
    command.require_subcommand(1);
    CLI::App& listing = add_action(command, "list", "where each is, how far behind", options);
    listing.add_option("queue", options->queue, "only of this queue");
    listing.add_option("-o,--output", options->output, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    CLI::App& resetting = add_action(command, "reset", "say where the next reader begins", options);
    add_one(resetting, options);
    resetting
        .add_option("--to",
                    options->to,
                    "first, last, next, an offset, -N for the N newest, 1h for the last hour, or a "
                    "time")
        ->required();
    CLI::App& deleting = add_action(command, "delete", "forget the place", options);
    add_one(deleting, options);
    return [options, &listing, &resetting] {
        const Work work = listing.parsed() ? list : resetting.parsed() ? reset : remove;
        const Result<void> done = work(*options);
        return done ? ExitCode::done : complain_about(done.error(), *options);
    };
}

}  // namespace

varve::Command cursors_command() {
    return {"cursors", "list, reset and delete the named places of readers", kExamples, add};
}

}  // namespace varve::ctl
