// Which messages a reader wants: the arguments x-stream-filter and x-stream-match-unfiltered of
// basic.consume.
#pragma once

#include "engine/base/types.h"

#include <optional>
#include <string>
#include <vector>

namespace varve {

// A message has a value for filters in its header x-stream-filter-value, if that is a text.
struct ReaderFilter {
    // Messages with one of these; none: whatever it is.
    std::optional<std::vector<std::string>> values = std::nullopt;
    bool match_unfiltered = false;  // and those without a value

    bool is_off() const { return !values.has_value(); }
    // `properties` is the validated property list of a message.
    bool wants(ByteView properties) const;
};

// As RabbitMQ reads them: a text, or the texts of an array; what is of another type is not there.
// `arguments` is a valid encoded table.
ReaderFilter parse_reader_filter(ByteView arguments);

}  // namespace varve
