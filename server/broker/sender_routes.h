// Further routing keys that a sender names in the headers CC and BCC.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <string>
#include <string_view>
#include <vector>

namespace varve {

// What of a message's headers the broker acts on when it is published.
struct HeaderMarks {
    bool sender_routes = false;  // CC or BCC is there
    bool hidden_routes = false;  // BCC is there: it must not be delivered
    bool deaths = false;         // x-death is there: see dead_letter.h
    bool delay = false;          // x-delay is there: see delay.h
    bool publishing_id = false;  // x-stream-publishing-id is there: see publishing_ids.h
    bool any() const { return sender_routes || deaths || delay; }
};

// One walk over the names of an encoded, valid table.
HeaderMarks find_marks(ByteView headers);

// The keys of one of the two headers, borrowed. `precondition` if it is not a list of strings.
Result<std::vector<std::string_view>> sender_keys(ByteView headers, std::string_view name);

// The message's own key and those of both headers, borrowed.
Result<std::vector<std::string_view>> routing_keys(std::string_view own, ByteView headers);

// The property list without the header BCC.
std::string without_hidden_routes(ByteView properties);

}  // namespace varve
