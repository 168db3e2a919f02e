// A connection of a model test: says things, and hears everything up to a moment.
#pragma once

#include "tests/model/amqp/seen.h"
#include "tests/support/wire_client.h"

#include <string>

namespace varve::model {

class ModelClient {
public:
    ModelClient(size_t number, FileDescriptor socket);

    template <typename M>
    void send(uint16_t channel, const M& method) {
        wire_.send(channel, method);
    }
    WireClient& wire() { return wire_; }

    // Adds to `seen` what the broker had said up to now. A fault of the broker's; empty if none.
    std::string hear(Seen& seen);
    // The broker closed it, or it was closed.
    bool is_closed() const { return closed_; }

private:
    void note(const ServerSaid& said, Seen& seen);
    bool note_message(const ServerSaid& said, const amqp::Method& method, Seen& seen) const;

    size_t number_;
    WireClient wire_;
    bool closed_ = false;
    bool answered_ = false;  // the question that is asked to know where "now" is
};

}  // namespace varve::model
