// Turns the method, header and body frames of a publish into one message.
#pragma once

#include "engine/base/types.h"
#include "server/amqp/reply_code.h"
#include "server/amqp/wire/content_header.h"
#include "server/amqp/wire/methods.h"

#include <optional>
#include <string>
#include <variant>

namespace varve::amqp {

// A whole publish. The views last until the next call of the assembler, or the end of the frames'
// buffer.
struct AssembledPublish {
    ByteView exchange;
    ByteView routing_key;
    ByteView properties;
    ByteView body;
    bool mandatory = false;
};

// One per channel. While all frames of a message lie in one read buffer, nothing is copied; keep()
// saves what a message that is not complete needs from that buffer, and a body of several frames is
// gathered once.
//
// Threading: Shard-bound.
class PublishAssembler {
public:
    bool is_idle() const { return std::holds_alternative<Idle>(stage_); }

    // Only while idle.
    void method(const BasicPublish& publish);
    // Refusals: `unexpected_frame`, or `precondition_failed` for a body beyond `body_size_max`,
    // which closes the channel before the body comes.
    std::optional<Refusal> header(const ContentHeader& header, Bytes body_size_max);
    std::optional<Refusal> body(ByteView payload);
    // The message, once it is complete; reset() follows.
    std::optional<AssembledPublish> complete() const;

    // The read buffer goes away: copies what is still needed.
    void keep();
    // Back to idle; gives back the memory of a large one.
    void reset();

private:
    struct Target {
        ByteView exchange;
        ByteView routing_key;
        bool mandatory = false;
    };
    struct Idle {};
    struct AwaitingHeader {
        Target target;
        bool is_kept = false;
    };
    struct AwaitingBody {
        Target target;
        ByteView properties;
        ByteView whole;          // the body, if it came in one frame
        uint64_t remaining = 0;  // bytes still to come; 0: complete
        bool is_kept = false;
    };

    void keep(Target& target, ByteView& properties);

    std::variant<Idle, AwaitingHeader, AwaitingBody> stage_;
    std::string kept_;  // exchange, routing key, properties of a message whose buffer went away
    std::string body_;  // what has come of a body of several frames
};

}  // namespace varve::amqp
