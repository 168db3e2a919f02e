// What the tests of a session on the wire share: one real varved, and peers with a channel.
#pragma once

#include "server/message/field_table.h"
#include "tests/support/broker_process.h"
#include "tests/support/scripted_peer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace varve {

constexpr std::string_view kPersistentMessage("\x10\x00\x02", 3);  // delivery_mode 2 alone

// One broker for all tests here; each uses queues of its own.
class Session : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        broker_ = new BrokerProcess({"--heartbeat", "1", "--message-size-max", "1MiB"});
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(broker_->stop(), 0) << broker_->diag();
        delete broker_;
    }
    static uint16_t port() { return broker_->port(); }
    static std::string diag() { return broker_->diag(); }

    // With channel 1 open, and a queue named after the test.
    struct Ready {
        explicit Ready(const PeerOptions& options = {}) : peer(port(), options) {
            peer.log_in();
            peer.open_channel(1);
        }
        ScriptedPeer peer;
    };
    static std::string queue_name() {
        return ::testing::UnitTest::GetInstance()->current_test_info()->name();
    }

    static amqp::BasicPublish to(std::string_view queue, bool mandatory = false) {
        amqp::BasicPublish method;
        method.routing_key = queue;
        method.mandatory = mandatory;
        return method;
    }
    static std::string capabilities(std::string_view name) {
        return amqp::FieldTable{
            {"capabilities",
             {amqp::FieldTable{{std::string(name), amqp::FieldValue::boolean(true)}}}}}
            .encode();
    }

private:
    static inline BrokerProcess* broker_ = nullptr;
};

}  // namespace varve
