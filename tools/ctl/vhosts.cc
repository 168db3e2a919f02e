// add_vhost, delete_vhost, list_vhosts, update_vhost_metadata
#include "tools/ctl/command.h"
#include "tools/ctl/rows.h"

#include <fmt/format.h>

#include <array>

namespace varve::ctl {

namespace {

using boost::json::object;

object metadata_of(const Line& line) {
    object facts;
    if (const auto description = line.value("description")) facts["description"] = *description;
    if (const auto tags = line.value("tags")) facts["tags"] = *tags;
    if (const auto type = line.value("default-queue-type")) facts["default_queue_type"] = *type;
    if (const auto relaxed = line.value("relaxed-redeclare")) facts["relaxed_redeclare"] = *relaxed;
    return facts;
}

Ended add_vhost(const ControlClient& broker, const Line& line) {
    announce(line, fmt::format("Adding vhost \"{}\"", line.words[0]));
    return change(broker, "PUT", {"vhosts", line.words[0]}, metadata_of(line), "if-there=refuse");
}

Ended update_metadata(const ControlClient& broker, const Line& line) {
    announce(line, fmt::format("Updating metadata of vhost \"{}\"", line.words[0]));
    VARVE_TRY(fetch(broker, {"vhosts", line.words[0]}));
    return change(broker, "PUT", {"vhosts", line.words[0]}, metadata_of(line));
}

Ended delete_vhost(const ControlClient& broker, const Line& line) {
    announce(line, fmt::format("Deleting vhost \"{}\"", line.words[0]));
    return change(broker, "DELETE", {"vhosts", line.words[0]});
}

constexpr std::array kColumns{
    ColumnOf{"name", "name"},
    ColumnOf{"description", "description"},
    ColumnOf{"tags", "tags"},
    ColumnOf{"default_queue_type", "default_queue_type"},
    ColumnOf{"relaxed_redeclare", "relaxed_redeclare"},
};
constexpr std::array<std::string_view, 1> kDefaults{"name"};

Ended list_vhosts(const ControlClient& broker, const Line& line) {
    VARVE_TRY(const auto columns, chosen_columns(line, kColumns, kDefaults));
    VARVE_TRY(const boost::json::value items, fetch(broker, {"vhosts"}));
    announce(line, "Listing vhosts");
    print_rows(line, columns, items.as_array());
    return ExitCode::done;
}

constexpr size_t kAnyColumns = 100;
constexpr std::string_view kMetadataUsage =
    "<vhost> [--description <text>] [--tags <tags>] [--default-queue-type <type>] "
    "[--relaxed-redeclare true|false]";
constexpr Command kCommands[] = {
    {"add_vhost", kMetadataUsage, 1, 1, add_vhost},
    {"update_vhost_metadata", kMetadataUsage, 1, 1, update_metadata},
    {"delete_vhost", "<vhost>", 1, 1, delete_vhost},
    {"list_vhosts", "[<column> ...]", 0, kAnyColumns, list_vhosts},
};

}  // namespace

std::span<const Command> vhost_commands() { return kCommands; }

}  // namespace varve::ctl
