// What the tests of a queue's limits share: a queue on one shard, a session on each.
#pragma once

#include "tests/support/broker_session.h"

#include <gtest/gtest.h>

#include <memory>
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

// The queue is on one shard; a session on each.
class Limits : public ::testing::TestWithParam<ShardIndex> {
protected:
    Limits() { begin(); }
    void begin() {
        broker_ = std::make_unique<RunningBroker>(home_);
        session_ = std::make_unique<BrokerSession>(*broker_, GetParam());
    }
    void crash() {
        session_->abandon();
        session_.reset();
        broker_->crash();
        broker_.reset();
        begin();
    }
    void restart() {
        session_.reset();
        broker_.reset();
        begin();
    }
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

    BrokerHome home_;
    std::unique_ptr<RunningBroker> broker_;
    std::unique_ptr<BrokerSession> session_;
};

}  // namespace varve
