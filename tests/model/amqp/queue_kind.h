// What a queue of the model is declared as.
#pragma once

#include "server/message/field_table.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace varve::model {

enum class WhenFull : uint8_t { drop_head, reject_publish, reject_publish_dlx };

struct QueueKind {
    std::string text;  // for messages
    bool durable = true;
    bool exclusive = false;
    bool auto_delete = false;
    bool is_quorum = false;
    bool single_active = false;
    uint8_t max_priority = 0;
    std::optional<size_t> max_length;
    WhenFull when_full = WhenFull::drop_head;
    std::optional<std::string> dead_letter_exchange;
    std::optional<std::string> dead_letter_key;
    std::optional<uint32_t> delivery_limit;
    std::optional<std::chrono::milliseconds> ttl;

    amqp::FieldTable arguments() const;
    bool keeps(bool persistent) const {  // over a restart
        return durable && !exclusive && (persistent || is_quorum);
    }
};

// The kinds that sequences choose from.
const std::vector<QueueKind>& queue_kinds();
// Whether one may be declared where the other is, exclusiveness apart.
bool same_declaration(const QueueKind& a, const QueueKind& b);

}  // namespace varve::model
