// list_queues and the other listings of what the broker has now.
#include "tools/ctl/command.h"
#include "tools/ctl/rows.h"

#include <array>

namespace varve::ctl {

namespace {

// One listing: where it comes from, and which columns it can show.
struct Listing {
    std::vector<std::string> path;
    std::string heading;
    std::span<const ColumnOf> columns;
    std::span<const std::string_view> defaults;
};

Ended print(const ControlClient& broker, const Line& line, const Listing& listing) {
    VARVE_TRY(const auto columns, chosen_columns(line, listing.columns, listing.defaults));
    VARVE_TRY(const boost::json::value items, fetch(broker, listing.path));
    announce(line, listing.heading);
    print_rows(line, columns, items.as_array());
    return ExitCode::done;
}

constexpr std::array kQueueColumns{
    ColumnOf{"name", "name"},
    ColumnOf{"durable", "durable"},
    ColumnOf{"auto_delete", "auto_delete"},
    ColumnOf{"arguments", "arguments"},
    ColumnOf{"policy", "policy"},
    ColumnOf{"operator_policy", "operator_policy"},
    ColumnOf{"effective_policy_definition", "effective_policy_definition"},
    ColumnOf{"pid", "pid"},
    ColumnOf{"exclusive", "exclusive"},
    ColumnOf{"messages_ready", "messages_ready"},
    ColumnOf{"messages_unacknowledged", "messages_unacknowledged"},
    ColumnOf{"messages", "messages"},
    ColumnOf{"consumers", "consumers"},
    ColumnOf{"state", "state"},
    ColumnOf{"type", "type"},
    ColumnOf{"vhost", "vhost"},
    ColumnOf{"varve_log_bytes", "varve_log_bytes"},
};
constexpr std::array<std::string_view, 2> kQueueDefaults{"name", "messages"};

Ended list_queues(const ControlClient& broker, const Line& line) {
    return print(broker,
                 line,
                 {{"queues", line.vhost()},
                  "Listing queues for vhost " + line.vhost(),
                  kQueueColumns,
                  kQueueDefaults});
}

constexpr std::array kExchangeColumns{
    ColumnOf{"name", "name"},
    ColumnOf{"type", "type"},
    ColumnOf{"durable", "durable"},
    ColumnOf{"auto_delete", "auto_delete"},
    ColumnOf{"internal", "internal"},
    ColumnOf{"arguments", "arguments"},
    ColumnOf{"policy", "policy"},
    ColumnOf{"messages_delayed", "messages_delayed"},
};
constexpr std::array<std::string_view, 2> kExchangeDefaults{"name", "type"};

Ended list_exchanges(const ControlClient& broker, const Line& line) {
    return print(broker,
                 line,
                 {{"exchanges", line.vhost()},
                  "Listing exchanges for vhost " + line.vhost(),
                  kExchangeColumns,
                  kExchangeDefaults});
}

constexpr std::array kBindingColumns{
    ColumnOf{"source_name", "source"},
    ColumnOf{"source_kind", "source_kind"},
    ColumnOf{"destination_name", "destination"},
    ColumnOf{"destination_kind", "destination_type"},
    ColumnOf{"routing_key", "routing_key"},
    ColumnOf{"arguments", "arguments"},
};
constexpr std::array<std::string_view, 6> kBindingDefaults{"source_name",
                                                           "source_kind",
                                                           "destination_name",
                                                           "destination_kind",
                                                           "routing_key",
                                                           "arguments"};

Ended list_bindings(const ControlClient& broker, const Line& line) {
    VARVE_TRY(const auto columns, chosen_columns(line, kBindingColumns, kBindingDefaults));
    VARVE_TRY(boost::json::value items, fetch(broker, {"bindings", line.vhost()}));
    // A binding begins at an exchange, always: the API does not say so.
    for (boost::json::value& item : items.as_array()) item.as_object()["source_kind"] = "exchange";
    announce(line, "Listing bindings for vhost " + line.vhost());
    print_rows(line, columns, items.as_array());
    return ExitCode::done;
}

constexpr std::array kConnectionColumns{
    ColumnOf{"pid", "pid"},
    ColumnOf{"name", "name"},
    ColumnOf{"port", "port"},
    ColumnOf{"host", "host"},
    ColumnOf{"peer_port", "peer_port"},
    ColumnOf{"peer_host", "peer_host"},
    ColumnOf{"ssl", "ssl"},
    ColumnOf{"protocol", "protocol"},
    ColumnOf{"auth_mechanism", "auth_mechanism"},
    ColumnOf{"user", "user"},
    ColumnOf{"vhost", "vhost"},
    ColumnOf{"timeout", "timeout"},
    ColumnOf{"frame_max", "frame_max"},
    ColumnOf{"channel_max", "channel_max"},
    ColumnOf{"client_properties", "client_properties"},
    ColumnOf{"channels", "channels"},
    ColumnOf{"state", "state"},
    ColumnOf{"connected_at", "connected_at"},
    ColumnOf{"user_provided_name", "user_provided_name"},
};
constexpr std::array<std::string_view, 4> kConnectionDefaults{
    "user", "peer_host", "peer_port", "state"};

Ended list_connections(const ControlClient& broker, const Line& line) {
    return print(broker,
                 line,
                 {{"connections"}, "Listing connections", kConnectionColumns, kConnectionDefaults});
}

constexpr std::array kChannelColumns{
    ColumnOf{"pid", "pid"},
    ColumnOf{"connection", "connection_details.name"},
    ColumnOf{"name", "name"},
    ColumnOf{"number", "number"},
    ColumnOf{"user", "user"},
    ColumnOf{"vhost", "vhost"},
    ColumnOf{"transactional", "transactional"},
    ColumnOf{"confirm", "confirm"},
    ColumnOf{"consumer_count", "consumer_count"},
    ColumnOf{"messages_unacknowledged", "messages_unacknowledged"},
    ColumnOf{"messages_unconfirmed", "messages_unconfirmed"},
    ColumnOf{"prefetch_count", "prefetch_count"},
    ColumnOf{"global_prefetch_count", "global_prefetch_count"},
    ColumnOf{"state", "state"},
};
constexpr std::array<std::string_view, 4> kChannelDefaults{
    "pid", "user", "consumer_count", "messages_unacknowledged"};

Ended list_channels(const ControlClient& broker, const Line& line) {
    return print(
        broker, line, {{"channels"}, "Listing channels", kChannelColumns, kChannelDefaults});
}

constexpr std::array kConsumerColumns{
    ColumnOf{"queue_name", "queue.name"},
    ColumnOf{"channel_pid", "channel_details.name"},
    ColumnOf{"consumer_tag", "consumer_tag"},
    ColumnOf{"ack_required", "ack_required"},
    ColumnOf{"prefetch_count", "prefetch_count"},
    ColumnOf{"active", "active"},
    ColumnOf{"activity_status", "activity_status"},
    ColumnOf{"arguments", "arguments"},
    ColumnOf{"exclusive", "exclusive"},
};
constexpr std::array<std::string_view, 7> kConsumerDefaults{"queue_name",
                                                            "channel_pid",
                                                            "consumer_tag",
                                                            "ack_required",
                                                            "prefetch_count",
                                                            "active",
                                                            "arguments"};

Ended list_consumers(const ControlClient& broker, const Line& line) {
    return print(broker,
                 line,
                 {{"consumers", line.vhost()},
                  "Listing consumers in vhost " + line.vhost(),
                  kConsumerColumns,
                  kConsumerDefaults});
}

constexpr size_t kAnyColumns = 100;
constexpr Command kCommands[] = {
    {"list_queues", "[-p <vhost>] [<column> ...]", 0, kAnyColumns, list_queues},
    {"list_exchanges", "[-p <vhost>] [<column> ...]", 0, kAnyColumns, list_exchanges},
    {"list_bindings", "[-p <vhost>] [<column> ...]", 0, kAnyColumns, list_bindings},
    {"list_connections", "[<column> ...]", 0, kAnyColumns, list_connections},
    {"list_channels", "[<column> ...]", 0, kAnyColumns, list_channels},
    {"list_consumers", "[-p <vhost>] [<column> ...]", 0, kAnyColumns, list_consumers},
};

}  // namespace

std::span<const Command> listing_commands() { return kCommands; }

}  // namespace varve::ctl
