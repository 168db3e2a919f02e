// A sequence of operations, at a real broker and at the model, compared after each of them.
#pragma once

#include "tests/model/amqp/broker_model.h"
#include "tests/model/amqp/model_client.h"
#include "tests/model/amqp/operation.h"
#include "tests/support/wire_broker.h"

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace varve::model {

class ModelRun {
public:
    // So long a step may take to have all its effects: deadlines are looked at every millisecond,
    // and what was rejected may be read from the disk first.
    explicit ModelRun(std::chrono::milliseconds patience);

    // The first difference, empty if there is none.
    std::string play(const std::vector<Operation>& operations);
    // What was done, in words.
    const std::string& story() const { return story_; }

private:
    // What the channel of the operation has to be answered.
    struct Expected {
        std::vector<std::string> answers;
        bool got = false;  // get-ok, or get-empty
        bool got_no_ack = false;
        bool closes_connection = false;
    };

    // ---- model_run.cc
    void start();
    void connect(size_t connection);
    void open_channel(ChannelAddress at);
    void settle_down(const Expected& expected);
    std::string compare(const Seen& seen, const Expected& expected, BrokerModel& model);
    std::string compare_counts(const BrokerModel& model);
    void hear(Seen& seen);
    void fail(const std::string& difference);
    void tell(const std::string& text);

    void advance(const Operation& operation);
    void restart();

    // ---- model_operations.cc: each says it, and tells the model
    Expected perform(const Operation& operation);
    Expected perform_consuming(const Operation& operation);
    Expected perform_settling(const Operation& operation);
    Expected perform_transaction(const Operation& operation);
    Expected perform_end(const Operation& operation);
    Expected qos(const Operation& operation);

    // ---- topology_operations.cc
    Expected perform_topology(const Operation& operation);
    Expected declare_queue(const Operation& operation);
    Expected bind(const Operation& operation);

    // ---- publish_operations.cc
    Expected publish(const Operation& operation);
    void publish_many(const Operation& operation);
    ModelMessage message(const Operation& operation);
    int send(ChannelAddress at, const ModelMessage& message, bool mandatory);

    std::string some_queue(uint32_t choice) const;
    std::string some_exchange(uint32_t choice) const;
    // `answer`, or what closes the channel.
    Expected answer(ChannelAddress at, int code, const std::string& answer);
    template <typename M>
    void say(ChannelAddress at, const M& method) {
        clients_[at.connection]->send(at.channel, method);
    }

    const std::chrono::milliseconds patience_;
    BrokerHome home_;
    std::unique_ptr<WireBroker> broker_;
    std::array<std::unique_ptr<ModelClient>, 2> clients_;
    BrokerModel model_;
    int next_number_ = 1;
    int next_consumer_ = 1;
    std::string difference_;
    std::string story_;
};

}  // namespace varve::model
