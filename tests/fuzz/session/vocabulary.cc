#include "tests/fuzz/session/vocabulary.h"

#include "server/message/field_table.h"
#include "server/message/properties.h"

namespace varve::vocabulary {

using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldValue;
using amqp::Property;

namespace {

using Words = std::string_view;

// What is nested in it: a header of a message, or an argument of the wrong kind.
FieldValue any_value(FuzzBytes& bytes, int depth = 0) {
    switch (bytes.below(9)) {
        case 0:
            return FieldValue::integer(static_cast<int64_t>(bytes.number()));
        case 1:
            return FieldValue::string(bytes.text());
        case 2:
            return FieldValue::boolean(bytes.flag());
        case 3:
            return {amqp::FieldTimestamp{bytes.number()}};
        case 4:
            return {amqp::FieldFloat{static_cast<double>(bytes.byte())}};
        case 5:
            return {FieldArray{FieldValue::string(key(bytes)), FieldValue::string(queue(bytes))}};
        case 6:
            return {amqp::FieldBytes{std::string(bytes.text())}};
        case 7:
            if (depth < 3)
                return {FieldTable{{std::string(key(bytes)), any_value(bytes, depth + 1)}}};
            return {};
        default:
            return {};
    }
}

FieldValue small(FuzzBytes& bytes) {
    if (bytes.rarely()) return any_value(bytes);
    return FieldValue::integer(static_cast<int64_t>(bytes.byte() % 8) - 1);
}

FieldValue word(FuzzBytes& bytes, std::string_view chosen) {
    return bytes.rarely() ? any_value(bytes) : FieldValue::string(chosen);
}

// Each of the names may be there, with the value that `value` makes for it.
template <size_t N, typename Value>
std::string table(FuzzBytes& bytes, const std::array<Words, N>& names, const Value& value) {
    const uint8_t how = bytes.byte();
    if (how < 0x80) return {};
    if (how == 0xff) return std::string(bytes.text());
    FieldTable made;
    for (size_t count = how % 5; count > 0; --count) {
        const Words name = bytes.one_of(names);
        made.set(name, value(name));
    }
    return made.encode();
}

constexpr std::array<Words, 16> kQueueArguments{"x-message-ttl",
                                                "x-expires",
                                                "x-dead-letter-exchange",
                                                "x-max-length",
                                                "x-max-length-bytes",
                                                "x-dead-letter-routing-key",
                                                "x-overflow",
                                                "x-max-priority",
                                                "x-single-active-consumer",
                                                "x-delivery-limit",
                                                "x-queue-type",
                                                "x-consumer-timeout",
                                                "x-queue-mode",
                                                "x-retention-age",
                                                "x-retention-bytes",
                                                "x-whatever"};

FieldValue queue_argument(FuzzBytes& bytes, Words name) {
    if (name == "x-dead-letter-exchange") return word(bytes, exchange(bytes));
    if (name == "x-dead-letter-routing-key") return word(bytes, queue(bytes));
    if (name == "x-overflow")
        return word(bytes,
                    bytes.one_of<4>({"drop-head", "reject-publish", "reject-publish-dlx", "no"}));
    if (name == "x-single-active-consumer") return FieldValue::boolean(bytes.flag());
    if (name == "x-queue-type")
        return word(bytes, bytes.one_of<4>({"classic", "quorum", "stream", "no"}));
    if (name == "x-queue-mode" || name == "x-retention-age")
        return word(bytes, bytes.one_of<3>({"lazy", "1s", "x"}));
    return small(bytes);
}

constexpr std::array<Words, 9> kHeaders{
    "CC", "BCC", "x-delay", "x-death", "k", "x-recent-history-no-store", "x-match", "h", "x-y"};

FieldValue header(FuzzBytes& bytes, Words name) {
    if (name == "CC" || name == "BCC") {
        FieldArray keys;
        for (size_t count = bytes.below(4); count > 0; --count)
            keys.push_back(FieldValue::string(queue(bytes)));
        return bytes.rarely() ? any_value(bytes) : FieldValue{std::move(keys)};
    }
    if (name == "x-death") {
        FieldTable death{{"count", small(bytes)},
                         {"reason", word(bytes, bytes.one_of<2>({"expired", "rejected"}))},
                         {"queue", word(bytes, queue(bytes))}};
        return {FieldArray{FieldValue{std::move(death)}, any_value(bytes)}};
    }
    if (name == "x-delay") return small(bytes);
    return any_value(bytes);
}

}  // namespace

std::string_view queue(FuzzBytes& bytes) {
    return bytes.one_of<10>(
        {"a", "a", "b", "b", "c", "", "", "missing", "amq.no", "amq.rabbitmq.reply-to"});
}

std::string_view exchange(FuzzBytes& bytes) {
    return bytes.one_of<12>({"",
                             "",
                             "x",
                             "x",
                             "y",
                             "z",
                             "missing",
                             "amq.direct",
                             "amq.topic",
                             "amq.fanout",
                             "amq.match",
                             "amq.no"});
}

std::string_view exchange_type(FuzzBytes& bytes) {
    return bytes.one_of<10>({"direct",
                             "fanout",
                             "topic",
                             "headers",
                             "x-random",
                             "x-consistent-hash",
                             "x-modulus-hash",
                             "x-recent-history",
                             "x-delayed-message",
                             "no"});
}

std::string_view key(FuzzBytes& bytes) {
    return bytes.one_of<10>({"a", "b", "c", "", "a.b", "#", "*.b", "a.#.c", "5", "0"});
}

std::string_view consumer_tag(FuzzBytes& bytes) { return bytes.one_of<4>({"t", "u", "v", ""}); }

std::string queue_arguments(FuzzBytes& bytes) {
    return table(bytes, kQueueArguments, [&](Words name) { return queue_argument(bytes, name); });
}

std::string exchange_arguments(FuzzBytes& bytes) {
    static constexpr std::array<Words, 5> kNames{"alternate-exchange",
                                                 "hash-header",
                                                 "hash-property",
                                                 "x-recent-history-length",
                                                 "x-delayed-type"};
    return table(bytes, kNames, [&](Words name) {
        if (name == "alternate-exchange") return word(bytes, exchange(bytes));
        if (name == "hash-header") return word(bytes, "k");
        if (name == "hash-property")
            return word(bytes, bytes.one_of<3>({"message_id", "timestamp", "no"}));
        if (name == "x-delayed-type") return word(bytes, exchange_type(bytes));
        return small(bytes);
    });
}

std::string binding_arguments(FuzzBytes& bytes) {
    static constexpr std::array<Words, 3> kNames{"x-match", "k", "x-y"};
    return table(bytes, kNames, [&](Words name) {
        if (name != "x-match") return any_value(bytes);
        return word(bytes, bytes.one_of<5>({"all", "any", "all-with-x", "any-with-x", "no"}));
    });
}

std::string consumer_arguments(FuzzBytes& bytes) {
    static constexpr std::array<Words, 3> kNames{"x-priority", "x-consumer-timeout", "x-other"};
    return table(bytes, kNames, [&](Words) { return small(bytes); });
}

std::string properties(FuzzBytes& bytes) {
    const uint8_t what = bytes.byte();
    if (what == 0xff) return std::string(bytes.text());
    amqp::PropertiesBuilder builder;
    if ((what & 1) != 0) builder.delivery_mode(bytes.byte() % 3);
    if ((what & 2) != 0) builder.priority(bytes.byte());
    if ((what & 4) != 0)
        builder.text(Property::expiration, bytes.one_of<6>({"0", "1", "5", "-1", "x", "99999999"}));
    if ((what & 8) != 0)
        builder.headers(table(bytes, kHeaders, [&](Words name) { return header(bytes, name); }));
    if ((what & 16) != 0) builder.text(Property::reply_to, queue(bytes));
    if ((what & 32) != 0) builder.text(Property::user_id, bytes.flag() ? "guest" : "other");
    if ((what & 64) != 0) builder.text(Property::message_id, bytes.text()).timestamp(bytes.byte());
    return builder.encode();
}

}  // namespace varve::vocabulary
