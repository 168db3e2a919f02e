// What the tests of a queue's limits share: a queue on one shard, a session on each.
#pragma once

#include "tests/server/broker/restarting_broker.h"

#include <string>
#include <vector>

namespace varve {

inline amqp::FieldTable with(amqp::FieldTable arguments, const amqp::FieldTable& more) {
    for (const auto& entry : more.entries()) arguments.set(entry.name, entry.value);
    return arguments;
}

inline amqp::FieldTable to_dead() {
    return {{"x-dead-letter-exchange", amqp::FieldValue::string("")},
            {"x-dead-letter-routing-key", amqp::FieldValue::string("dead")}};
}

class Limits : public RestartingBroker {
protected:
    void TearDown() override { session_.reset(); }

    std::vector<std::string> take_all(const std::string& queue) {
        std::vector<std::string> bodies;
        while (const auto got = session_->get(queue, true)) bodies.push_back(got->body);
        return bodies;
    }
    bool is_taken(const std::string& queue, const std::string& body, bool persistent = true) {
        return session_->publish({.key = queue, .body = body, .persistent = persistent})
            .has_value();
    }
    std::string death_of(const std::string& queue) {
        return std::string(*session_->get(queue).value().headers().string("x-last-death-reason"));
    }
};

}  // namespace varve
