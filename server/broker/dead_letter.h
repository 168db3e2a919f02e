// What a rejected or expired message becomes: its history in the header x-death, and where it goes.
#pragma once

#include "server/broker/message_death.h"
#include "server/broker/queue_entry.h"
#include "server/message/field_table.h"

#include <string>
#include <string_view>
#include <vector>

namespace varve {

// A client may send x-death headers of its own, mostly copied from a message that it got: they are
// kept and counted on, but a message must not be dropped as running in a circle because of them.
// Deaths that the broker wrote begin with the field `count`; in those that come from clients it is
// moved to the end (see demote_client_deaths), which no client can see.
struct DeadLetter {
    std::string exchange;
    std::vector<std::string> keys;
    std::string properties;
    amqp::FieldArray deaths;  // all of them, the newest first
};

DeadLetter make_dead_letter(const QueueEntry& source,
                            const DeadLetterTarget& target,
                            const RecordView& record,
                            DeathReason reason,
                            TimePoint now);

// Whether the message comes to `queue` for the second time without anybody having rejected it in
// between: then it is not put there, or it would go round for ever.
bool runs_in_circle(const amqp::FieldArray& deaths, std::string_view queue);

// The property list of a published message with the header x-death, so that its deaths are told
// from the broker's.
std::string demote_client_deaths(ByteView properties);

}  // namespace varve
