// A message that Celery sent: the task in it. Never unpickles anything: arguments are shown as
// Celery's own text.
#pragma once

#include "engine/base/types.h"
#include "server/message/field_table.h"

#include <optional>
#include <string>

namespace varve {

// Task message protocol 2: everything but the arguments is in the headers.
struct CeleryTask {
    std::string name;
    std::string id;
    // As Python would print them: argsrepr and kwargsrepr, which Celery cuts off where they get
    // long. Without these headers, the JSON of the body; empty if the body is something else.
    std::string args;
    std::string kwargs;
    int64_t retries = 0;
    std::optional<std::string> eta;      // ISO 8601, as sent
    std::optional<std::string> expires;  // ISO 8601, or seconds in old versions
    std::optional<std::string> root_id;
    std::optional<std::string> parent_id;
    std::optional<std::string> group;
    std::optional<std::string> origin;
    // Seconds. The documentation of Celery gives the opposite order; this is what it sends.
    std::optional<std::string> hard_time_limit;
    std::optional<std::string> soft_time_limit;
};

// None if the headers are not those of a task.
std::optional<CeleryTask> celery_task_of(const amqp::FieldTable& headers, ByteView body);

// "billing.charge(48121, 'EUR')": the call in Python's spelling, as far as it is known.
std::string call_text(const CeleryTask& task);

}  // namespace varve
