// What a queue is, parsed once from its declaration.
#pragma once

#include "engine/base/result.h"
#include "engine/options.h"
#include "server/broker/declarations.h"
#include "server/broker/queue_settings.h"
#include "server/message/field_table.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

// A stream is read and never consumed: only retention takes something out of it.
enum class QueueType : uint8_t { classic, quorum, stream };
std::string_view to_string(QueueType type);
std::optional<QueueType> queue_type_of(std::string_view name);

struct QueueSpec {
    bool durable = false;
    bool exclusive = false;
    bool auto_delete = false;
    std::string arguments;  // as declared: encoded field table
    QueueType type = QueueType::classic;
    uint8_t max_priority = 0;
    bool single_active_consumer = false;  // one consumer at a time; the others wait
    QueueSettings settings;               // that the arguments ask for

    // Survives a restart. An exclusive queue ends with its connection, so there is nothing to keep.
    bool stored() const { return durable && !exclusive; }
    // Whether a message goes to the disk here. Quorum queues and streams keep every message.
    bool stores(bool persistent) const {
        return stored() && (persistent || type != QueueType::classic);
    }
    bool is_stream() const { return type == QueueType::stream; }
    size_t level_count() const { return size_t{max_priority} + 1; }
};
using QueueSpecRef = std::shared_ptr<const QueueSpec>;  // shared by the shards

// Reads the arguments. `precondition` with RabbitMQ's text for a wrong type or value, or for what
// the queue's type does not have. Unknown arguments are kept and have no effect.
Result<QueueSpec> parse_queue_spec(const QueueDeclaration& declaration,
                                   const std::string& vhost,
                                   const RetentionPolicy& retention_default);

// What the arguments set, of those that the type has; they were checked.
QueueSettings read_settings(const amqp::FieldTable& arguments,
                            QueueSpec spec,
                            const RetentionPolicy& retention_default);

// Whether `asked` is what the queue `name` is: `precondition` with the first difference.
Result<void> check_equivalent(const QueueSpec& current,
                              const QueueSpec& asked,
                              const std::string& name,
                              const std::string& vhost);
// Whether the queue can become what is asked for: the same, of what cannot change while it is
// there.
Result<void> check_convertible(const QueueSpec& current,
                               const QueueSpec& asked,
                               const std::string& name,
                               const std::string& vhost);

// Arguments that start with "x-" and mean nothing here.
std::vector<std::string> unknown_arguments(const QueueSpec& spec);

}  // namespace varve
