// The arguments of queues: one table says how each is checked, what it sets, and which type of
// queue has it.
#pragma once

#include "server/broker/argument_check.h"
#include "server/broker/queue_spec.h"

#include <span>
#include <string_view>

namespace varve {

// Compared when a queue is declared again.
struct QueueArgument {
    std::string_view name;
    // What is wrong with `value`, one of `all`.
    ArgumentFault (*check)(const amqp::FieldValue& value, const amqp::FieldTable& all);
    // Takes over a value that was checked. Null: it has no effect.
    void (*read)(const amqp::FieldValue& value, QueueSpec& spec);
    enum class Types : uint8_t { all, classic, queues, streams };  // queues: not streams
    Types types = Types::all;
    // Whether it can be another one while the queue is there. What can feeds `settings` alone.
    enum class Change : uint8_t { live, never };
    Change change = Change::live;

    // Whether it has an effect on queues of that type. Those of streams are accepted by all.
    bool is_of(QueueType type) const {
        switch (types) {
            case Types::all:
                return true;
            case Types::classic:
                return type == QueueType::classic;
            case Types::queues:
                return type != QueueType::stream;
            case Types::streams:
                return type == QueueType::stream;
        }
        return false;
    }
};

// In the order in which they are checked, compared and read.
std::span<const QueueArgument> queue_arguments();

// Known from RabbitMQ, and without a meaning here: about memory, replicas or streams.
bool is_inert_queue_argument(std::string_view name);

}  // namespace varve
