#include "server/broker/queue_arguments.h"

#include <algorithm>
#include <array>
#include <limits>

namespace varve {

using amqp::FieldTable;
using amqp::FieldValue;
using std::chrono::milliseconds;

namespace {

template <ArgumentFault (*check)(const FieldValue&)>
ArgumentFault alone(const FieldValue& value, const FieldTable& /*all*/) {
    return check(value);
}

uint64_t count_of(const FieldValue& value) { return static_cast<uint64_t>(*value.as_integer()); }

milliseconds time_of(const FieldValue& value) { return milliseconds(*value.as_integer()); }

// ---- checks

ArgumentFault check_type(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    const std::string_view type = *value.as_string();
    if (queue_type_of(type)) return "";
    return "\"unsupported queue type '" + std::string(type) + "'\"";
}

ArgumentFault check_expires(const FieldValue& value, const FieldTable& /*all*/) {
    if (value.as_integer() == 0) return "{value_zero,0}";
    return check_time_limit(value);
}

ArgumentFault check_dead_letter_key(const FieldValue& value, const FieldTable& all) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    return all.find("x-dead-letter-exchange") == nullptr ? "routing_key_but_no_dlx_defined" : "";
}

ArgumentFault check_dead_letter_strategy(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    const std::string_view strategy = *value.as_string();
    const bool known = strategy == "at-most-once" || strategy == "at-least-once";
    return known ? "" : "invalid_dlx_strategy";
}

ArgumentFault check_priority(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_non_negative(value); !fault.empty()) return fault;
    if (*value.as_integer() > 255)
        return "{max_value_exceeded," + std::to_string(*value.as_integer()) + "}";
    return "";
}

ArgumentFault check_overflow(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    const std::string_view overflow = *value.as_string();
    const bool known =
        overflow == "drop-head" || overflow == "reject-publish" || overflow == "reject-publish-dlx";
    return known ? "" : "invalid_overflow";
}

ArgumentFault check_mode(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    const std::string_view mode = *value.as_string();
    if (mode == "default" || mode == "lazy") return "";
    return "\"unsupported queue mode '" + std::string(mode) + "'\"";
}

ArgumentFault check_version(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_non_negative(value); !fault.empty()) return fault;
    const int64_t version = *value.as_integer();
    if (version == 1 || version == 2) return "";
    return "\"unsupported queue version '" + std::to_string(version) + "'\"";
}

ArgumentFault check_retention_age(const FieldValue& value, const FieldTable& /*all*/) {
    if (const auto text = value.as_string()) return parse_age(*text) ? "" : "invalid_retention_age";
    return check_time_limit(value);
}

// ---- effects

void read_expires(const FieldValue& value, QueueSpec& spec) {
    spec.settings.expires = time_of(value);
}

void read_message_ttl(const FieldValue& value, QueueSpec& spec) {
    spec.settings.message_ttl = time_of(value);
}

void read_dead_letter_exchange(const FieldValue& value, QueueSpec& spec) {
    spec.settings.dead_letter = DeadLetterTarget{.exchange = std::string(*value.as_string())};
}

void read_dead_letter_key(const FieldValue& value, QueueSpec& spec) {
    spec.settings.dead_letter->routing_key = *value.as_string();
}

void read_max_priority(const FieldValue& value, QueueSpec& spec) {
    spec.max_priority = static_cast<uint8_t>(*value.as_integer());
}

void read_max_length(const FieldValue& value, QueueSpec& spec) {
    spec.settings.length.messages = count_of(value);
}

void read_max_length_bytes(const FieldValue& value, QueueSpec& spec) {
    if (spec.is_stream())
        spec.settings.retention.bytes = count_of(value);
    else
        spec.settings.length.bytes = count_of(value);
}

void read_overflow(const FieldValue& value, QueueSpec& spec) {
    const std::string_view overflow = *value.as_string();
    if (overflow == "reject-publish") spec.settings.length.overflow = Overflow::reject_publish;
    if (overflow == "reject-publish-dlx")
        spec.settings.length.overflow = Overflow::reject_publish_dlx;
}

void read_single_active(const FieldValue& value, QueueSpec& spec) {
    spec.single_active_consumer = *value.as_boolean();
}

// Any negative number stands for no limit.
void read_delivery_limit(const FieldValue& value, QueueSpec& spec) {
    const int64_t limit = *value.as_integer();
    spec.settings.delivery_limit.reset();
    if (limit < 0) return;
    constexpr int64_t kMost = std::numeric_limits<uint32_t>::max();
    spec.settings.delivery_limit = static_cast<uint32_t>(std::min(limit, kMost));
}

void read_consumer_timeout(const FieldValue& value, QueueSpec& spec) {
    if (*value.as_integer() > 0) spec.settings.consumer_timeout = time_of(value);
}

void read_retention_bytes(const FieldValue& value, QueueSpec& spec) {
    spec.settings.retention.bytes = count_of(value);
}

void read_retention_age(const FieldValue& value, QueueSpec& spec) {
    const auto text = value.as_string();
    spec.settings.retention.age = text ? *parse_age(*text) : time_of(value);
}

ArgumentFault check_max_age(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    return parse_age(*value.as_string()) ? "" : "invalid_max_age";
}

void read_max_age(const FieldValue& value, QueueSpec& spec) {
    spec.settings.retention.age = *parse_age(*value.as_string());
}

using Types = QueueArgument::Types;
using Change = QueueArgument::Change;
constexpr std::array kArguments{
    QueueArgument{"x-queue-type", check_type, nullptr, Types::all, Change::never},
    QueueArgument{"x-expires", check_expires, read_expires, Types::queues},
    QueueArgument{"x-message-ttl", alone<check_time_limit>, read_message_ttl, Types::queues},
    // The key comes after its exchange.
    QueueArgument{
        "x-dead-letter-exchange", alone<check_text>, read_dead_letter_exchange, Types::queues},
    QueueArgument{
        "x-dead-letter-routing-key", check_dead_letter_key, read_dead_letter_key, Types::queues},
    // Dead letters move in one frame of the journal: that is at least once, whatever is asked for.
    QueueArgument{"x-dead-letter-strategy", check_dead_letter_strategy, nullptr, Types::queues},
    QueueArgument{
        "x-max-priority", check_priority, read_max_priority, Types::classic, Change::never},
    QueueArgument{"x-max-length", alone<check_non_negative>, read_max_length, Types::queues},
    QueueArgument{"x-max-length-bytes", alone<check_non_negative>, read_max_length_bytes},
    QueueArgument{"x-overflow", check_overflow, read_overflow, Types::queues},
    QueueArgument{"x-single-active-consumer",
                  alone<check_boolean>,
                  read_single_active,
                  Types::queues,
                  Change::never},
    QueueArgument{"x-delivery-limit", alone<check_integer>, read_delivery_limit, Types::queues},
    QueueArgument{"x-consumer-timeout", alone<check_time_limit>, read_consumer_timeout},
    QueueArgument{"x-queue-mode", check_mode, nullptr, Types::classic},
    QueueArgument{"x-queue-version", check_version, nullptr, Types::classic},
    QueueArgument{"x-max-age", check_max_age, read_max_age, Types::streams},
    QueueArgument{
        "x-stream-max-segment-size-bytes", alone<check_non_negative>, nullptr, Types::streams},
    QueueArgument{"x-stream-filter-size-bytes", alone<check_non_negative>, nullptr, Types::streams},
    QueueArgument{"x-retention-bytes", alone<check_non_negative>, read_retention_bytes},
    QueueArgument{"x-retention-age", check_retention_age, read_retention_age},
};

constexpr std::array<std::string_view, 8> kInert{"x-queue-master-locator",
                                                 "x-queue-leader-locator",
                                                 "x-quorum-initial-group-size",
                                                 "x-quorum-target-group-size",
                                                 "x-max-in-memory-length",
                                                 "x-max-in-memory-bytes",
                                                 "x-member-placement-tag",
                                                 "x-initial-cluster-size"};

}  // namespace

std::span<const QueueArgument> queue_arguments() { return kArguments; }

bool is_inert_queue_argument(std::string_view name) {
    return std::ranges::find(kInert, name) != kInert.end();
}

}  // namespace varve
