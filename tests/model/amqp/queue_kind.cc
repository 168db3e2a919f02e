#include "tests/model/amqp/queue_kind.h"

namespace varve::model {

using amqp::FieldTable;
using amqp::FieldValue;

FieldTable QueueKind::arguments() const {
    static constexpr const char* kOverflows[] = {
        "drop-head", "reject-publish", "reject-publish-dlx"};
    FieldTable table;
    if (is_quorum) table.set("x-queue-type", FieldValue::string("quorum"));
    if (single_active) table.set("x-single-active-consumer", FieldValue::boolean(true));
    if (max_priority > 0) table.set("x-max-priority", FieldValue::integer(max_priority));
    if (max_length) {
        table.set("x-max-length", FieldValue::integer(static_cast<int64_t>(*max_length)));
        table.set("x-overflow", FieldValue::string(kOverflows[static_cast<size_t>(when_full)]));
    }
    if (dead_letter_exchange)
        table.set("x-dead-letter-exchange", FieldValue::string(*dead_letter_exchange));
    if (dead_letter_key)
        table.set("x-dead-letter-routing-key", FieldValue::string(*dead_letter_key));
    if (delivery_limit) table.set("x-delivery-limit", FieldValue::integer(*delivery_limit));
    if (ttl) table.set("x-message-ttl", FieldValue::integer(ttl->count()));
    return table;
}

const std::vector<QueueKind>& queue_kinds() {
    using std::chrono::milliseconds;
    static const std::vector<QueueKind> kKinds{
        {.text = "plain"},
        {.text = "plain"},
        {.text = "transient", .durable = false},
        {.text = "exclusive", .exclusive = true},
        {.text = "auto-delete", .auto_delete = true},
        {.text = "priority", .max_priority = 2},
        {.text = "single", .single_active = true},
        {.text = "single, dead letters to q1",
         .single_active = true,
         .dead_letter_exchange = "",
         .dead_letter_key = "q1"},
        {.text = "dead letters to x0", .dead_letter_exchange = "x0"},
        {.text = "dead letters to q0", .dead_letter_exchange = "", .dead_letter_key = "q0"},
        {.text = "length 2", .max_length = 2},
        {.text = "length 2, dead letters to q1",
         .max_length = 2,
         .dead_letter_exchange = "",
         .dead_letter_key = "q1"},
        {.text = "length 1, refusing", .max_length = 1, .when_full = WhenFull::reject_publish},
        {.text = "length 2, refusing, dead letters to q2",
         .max_length = 2,
         .when_full = WhenFull::reject_publish_dlx,
         .dead_letter_exchange = "",
         .dead_letter_key = "q2"},
        {.text = "length 0", .max_length = 0},
        {.text = "priority, length 2", .max_priority = 2, .max_length = 2},
        {.text = "quorum, single", .is_quorum = true, .single_active = true},
        {.text = "quorum, 1 failure", .is_quorum = true, .delivery_limit = 1},
        {.text = "1 failure, dead letters to q3",
         .dead_letter_exchange = "",
         .dead_letter_key = "q3",
         .delivery_limit = 1},
        {.text = "ttl 20", .ttl = milliseconds(20)},
        {.text = "ttl 10, dead letters to q1",
         .dead_letter_exchange = "",
         .dead_letter_key = "q1",
         .ttl = milliseconds(10)},
        {.text = "transient, ttl 0", .durable = false, .ttl = milliseconds(0)},
    };
    return kKinds;
}

bool same_declaration(const QueueKind& a, const QueueKind& b) {
    return a.durable == b.durable && a.auto_delete == b.auto_delete &&
           a.arguments() == b.arguments();
}

}  // namespace varve::model
