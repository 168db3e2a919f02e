#include "tools/dump/named_log.h"

#include "server/broker/definitions.h"

#include <fmt/format.h>

namespace varve {

bool NamedLog::delays() const { return queue.starts_with(kDelayQueuePrefix); }

std::string NamedLog::name_of(CursorId cursor) const {
    const auto found = cursor_names.find(cursor);
    return found == cursor_names.end() ? std::string() : found->second;
}

std::string NamedLog::title() const {
    if (queue.empty()) return "log:" + log->id().hex();
    return has_levels ? fmt::format("{}/{}", queue, level) : queue;
}

void write_source(JsonWriter& json, const NamedLog& named) {
    if (named.queue.empty())
        json.key("vhost").null().key("queue").null();
    else
        json.field("vhost", named.vhost).field("queue", named.queue);
    if (named.has_levels) json.field("level", int64_t{named.level});
    json.field("log", named.log->id().hex());
}

}  // namespace varve
