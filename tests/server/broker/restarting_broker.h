// What tests share whose broker begins again on the disk that it left.
#pragma once

#include "tests/support/broker_session.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace varve {

// With a session on the shard that is the parameter; queues live on one of the two.
class RestartingBroker : public ::testing::TestWithParam<ShardIndex> {
protected:
    RestartingBroker() { start(); }

    void restart() {
        session_.reset();
        broker_.reset();
        start();
    }
    void crash() {
        session_->abandon();
        session_.reset();
        broker_->crash();
        broker_.reset();
        start();
    }
    template <typename T>
    static std::string text_of(const Result<T>& result) {
        return result ? "done" : result.error().detail;
    }

    BrokerHome home_;
    std::unique_ptr<RunningBroker> broker_;
    std::unique_ptr<BrokerSession> session_;

private:
    void start() {
        broker_ = std::make_unique<RunningBroker>(home_);
        session_ = std::make_unique<BrokerSession>(*broker_, GetParam());
    }
};

}  // namespace varve
