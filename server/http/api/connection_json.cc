#include "server/http/api/connection_json.h"

#include "server/http/json_fields.h"

#include <fmt/format.h>

namespace varve {

namespace {

using boost::json::object;

// "127.0.0.1:5672" and "[::1]:5672" in their parts.
struct Ends {
    std::string host;
    int64_t port = 0;
};
Ends ends_of(const std::string& address) {
    const size_t colon = address.rfind(':');
    if (colon == std::string::npos) return {address, 0};
    std::string host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    int64_t port = 0;
    for (const char c : address.substr(colon + 1)) port = port * 10 + (c - '0');
    return {std::move(host), port};
}

// The shard is in the upper bits of the id; what is left counts that shard's connections.
constexpr uint64_t kNumberBits = 48;

object connection_details(const ConnectionListing& connection) {
    const Ends peer = ends_of(connection.peer);
    return object{{"name", connection.name()}, {"peer_host", peer.host}, {"peer_port", peer.port}};
}

std::string channel_name(const ConnectionListing& connection, const ChannelListing& channel) {
    return fmt::format("{} ({})", connection.name(), channel.number);
}

}  // namespace

std::string pid_of(const ApiContext& context, const ConnectionListing& connection) {
    const uint64_t number = connection.id & ((uint64_t{1} << kNumberBits) - 1);
    return fmt::format("<{}.{}.{}.0>", context.node.name, connection.shard, number);
}

object connection_json(const ApiContext& context, const ConnectionListing& connection) {
    const Ends peer = ends_of(connection.peer);
    const Ends local = ends_of(connection.local);
    object item{{"auth_mechanism", "PLAIN"},
                {"channel_max", connection.channel_max},
                {"channels", connection.channels.size()},
                {"client_properties", json_of_encoded(connection.client_properties)},
                {"connected_at", connection.connected_at.ms},
                {"frame_max", connection.frame_size_max},
                {"host", local.host},
                {"name", connection.name()},
                {"node", context.node.name},
                {"peer_host", peer.host},
                {"peer_port", peer.port},
                {"pid", pid_of(context, connection)},
                {"port", local.port},
                {"protocol", "AMQP 0-9-1"},
                {"ssl", false},
                {"state", connection.state},
                {"timeout", connection.heartbeat.count()},
                {"type", "network"},
                {"user", utf8_text(connection.user)},
                {"vhost", utf8_text(connection.vhost)}};
    if (!connection.connection_name.empty())
        item.emplace("user_provided_name", utf8_text(connection.connection_name));
    return item;
}

object channel_json(const ApiContext& context,
                    const ConnectionListing& connection,
                    const ChannelListing& channel) {
    return object{{"acks_uncommitted", 0},
                  {"confirm", channel.confirms},
                  {"connection_details", connection_details(connection)},
                  {"consumer_count", channel.consumers.size()},
                  {"global_prefetch_count", channel.global_prefetch},
                  {"messages_unacknowledged", channel.unsettled},
                  {"messages_unconfirmed", channel.unconfirmed},
                  {"name", channel_name(connection, channel)},
                  {"node", context.node.name},
                  {"number", channel.number},
                  {"pid", pid_of(context, connection)},
                  {"prefetch_count", channel.prefetch},
                  {"state", "running"},
                  {"transactional", channel.transactional},
                  {"user", utf8_text(connection.user)},
                  {"vhost", utf8_text(connection.vhost)}};
}

object consumer_json(const ApiContext& context,
                     const ConnectionListing& connection,
                     const ChannelListing& channel,
                     const ConsumerListing& consumer,
                     const std::string& queue) {
    object channel_details = connection_details(connection);
    channel_details["connection_name"] = connection.name();
    channel_details["name"] = channel_name(connection, channel);
    channel_details["node"] = context.node.name;
    channel_details["number"] = channel.number;
    channel_details["user"] = utf8_text(connection.user);
    return object{
        {"ack_required", consumer.ack_mode == AckMode::manual},
        {"active", true},
        {"activity_status", "up"},
        {"arguments", json_of_encoded(consumer.arguments)},
        {"channel_details", std::move(channel_details)},
        {"consumer_tag", utf8_text(consumer.tag)},
        {"exclusive", consumer.exclusive},
        {"prefetch_count", consumer.prefetch},
        {"priority", consumer.priority},
        {"queue", object{{"name", utf8_text(queue)}, {"vhost", utf8_text(connection.vhost)}}}};
}

}  // namespace varve
