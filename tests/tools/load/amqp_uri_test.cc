#include "tools/load/amqp_uri.h"

#include "tools/load/options.h"

#include <gtest/gtest.h>

namespace varve::load {
namespace {

TEST(AmqpUri, EveryPartIsTakenOver) {
    const AmqpUri uri = must(AmqpUri::parse("amqp://u%40x:p%3aw@broker.example:5673/my%2fvhost"));
    EXPECT_EQ(uri.user, "u@x");
    EXPECT_EQ(uri.password, "p:w");
    EXPECT_EQ(uri.host, "broker.example");
    EXPECT_EQ(uri.port, 5673);
    EXPECT_EQ(uri.vhost, "my/vhost");
    EXPECT_EQ(uri.address(), "broker.example:5673");
}

TEST(AmqpUri, MissingPartsHaveTheUsualDefaults) {
    for (const char* text :
         {"amqp://", "amqp://127.0.0.1", "amqp://127.0.0.1/", "amqp://guest@127.0.0.1:5672/%2f"}) {
        const AmqpUri uri = must(AmqpUri::parse(text));
        EXPECT_EQ(uri.user, "guest") << text;
        EXPECT_EQ(uri.password, "guest") << text;
        EXPECT_EQ(uri.address(), "127.0.0.1:5672") << text;
        EXPECT_EQ(uri.vhost, "/") << text;
    }
    EXPECT_EQ(must(AmqpUri::parse("amqp://[::1]:99")).host, "::1");
}

TEST(AmqpUri, WhatIsNoAddressIsRefused) {
    for (const char* text : {"localhost",
                             "amqps://localhost",
                             "amqp://host:0",
                             "amqp://host:70000",
                             "amqp://host:x",
                             "amqp://[::1",
                             "amqp://h/%zz",
                             "amqp://h/%2"}) {
        EXPECT_EQ(AmqpUri::parse(text).error().code, ErrorCode::invalid_argument) << text;
    }
}

TEST(LoadOptions, SettingsThatContradictOneAnotherAreRefused) {
    const auto refused = [](auto change) {
        Options options;
        change(options);
        return !validate(options).has_value();
    };
    EXPECT_FALSE(refused([](Options&) {}));
    EXPECT_TRUE(refused([](Options& o) { o.size = 8; }));
    EXPECT_TRUE(refused([](Options& o) { o.queues = 2, o.queue_pattern = "q"; }));
    EXPECT_TRUE(refused([](Options& o) { o.prefetch = 10, o.ack_every = 11; }));
    EXPECT_TRUE(refused([](Options& o) { o.reconnect = true; }));
    EXPECT_TRUE(refused([](Options& o) { o.consumers = 0; }));
}

}  // namespace
}  // namespace varve::load
