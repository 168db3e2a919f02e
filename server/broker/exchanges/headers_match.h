// What a binding of a headers exchange asks of a message's headers.
#pragma once

#include "engine/base/result.h"
#include "server/message/field_table.h"

#include <string>
#include <vector>

namespace varve {

// Immutable.
class HeadersMatch {
public:
    // Reads `x-match` (all, any, all-with-x, any-with-x; all if it is missing) and the wanted
    // headers. `precondition` for another x-match.
    static Result<HeadersMatch> parse(ByteView arguments);

    // `headers` is a valid encoded table.
    bool matches(ByteView headers) const;

private:
    struct Wanted {
        std::string name;
        amqp::FieldValue value;  // nothing: it is enough that the header is there
        std::string encoded;     // type and bytes, as most senders encode it: no decoding for those
    };
    static bool equal(const Wanted& wanted, const amqp::EncodedField& field);

    bool all_ = true;
    std::vector<Wanted> wanted_;
};

}  // namespace varve
