// A log with the name that people know it by.
#pragma once

#include "engine/log.h"
#include "tools/text/json_writer.h"

#include <cstdint>
#include <map>
#include <string>

namespace varve {

struct NamedLog {
    std::string vhost;  // empty, as `queue` is, for a log that no definition names
    std::string queue;
    uint8_t level = 0;  // priority that its messages have
    bool has_levels = false;
    LogRef log;
    std::map<CursorId, std::string> cursor_names;  // of readers' places that are kept

    // One of the levels in which messages of a delayed exchange wait until they are due.
    bool delays() const;
    // "celery", "celery/3" for the messages of priority 3, "log:<id>" where there is no name.
    std::string title() const;
    // Empty for one that no definition names.
    std::string name_of(CursorId cursor) const;
};

// The fields vhost, queue, level and log.
void write_source(JsonWriter& json, const NamedLog& named);

}  // namespace varve
