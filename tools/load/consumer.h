// One consuming connection: takes deliveries apart, has them checked, and acknowledges them.
#pragma once

#include "tools/load/checker.h"
#include "tools/load/client.h"
#include "tools/load/histogram.h"
#include "tools/load/run_state.h"

#include <memory>
#include <variant>
#include <vector>

namespace varve::load {

// What all consumers of a thread share.
struct ConsumeContext {
    const Options& options;
    RunState& state;
    Checker checker;
    Pattern pattern;
    Schedule schedule;
    Meter delivered;
    Histogram deliver_latency;  // ns from the intended time of sending to the delivery; not of
                                // redelivered messages
    int64_t last_arrival_ns = 0;
};

// Reads from one or more queues. Outlives its connections. Caller-serialised.
class Consumer {
public:
    // `first_subscription` numbers its queues among those of all consumers.
    Consumer(std::vector<uint32_t> queues, size_t first_subscription, ConsumeContext& context);

    size_t subscription_count() const { return queues_.size(); }

    // Subscribes over this connection. What was not acknowledged on the last one will come again.
    Result<void> attach(std::unique_ptr<Client> client);
    void detach();
    Client* client() const { return client_.get(); }

    // Takes what the client has read; acknowledgements go to its outbox.
    Result<void> take_frames();
    // Acknowledges what --ack-every has left over.
    void flush_acks();

private:
    struct Idle {};
    struct AwaitingHeader {
        size_t queue_index = 0;
        uint64_t delivery_tag = 0;
        bool redelivered = false;
    };
    struct AwaitingBody {
        AwaitingHeader delivery;
        BodyCheck body;
    };

    Result<void> take_method(ByteView payload);
    Result<void> take_deliver(ByteView arguments);
    Result<void> take_header(ByteView payload);
    Result<void> take_body(ByteView payload);
    void complete(const AwaitingHeader& delivery, const BodyCheck& body);

    std::vector<uint32_t> queues_;
    size_t first_subscription_;
    ConsumeContext& context_;
    std::unique_ptr<Client> client_;
    std::variant<Idle, AwaitingHeader, AwaitingBody> stage_;
    uint64_t last_tag_ = 0;
    uint32_t unacked_ = 0;
    int64_t now_ns_ = 0;  // when the frames in hand arrived
};

}  // namespace varve::load
