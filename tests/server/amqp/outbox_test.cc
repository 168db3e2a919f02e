#include "server/amqp/outbox.h"

#include <gtest/gtest.h>

#include <random>

namespace varve::amqp {
namespace {

// Takes up to `size` bytes off the outbox as a socket would.
std::string write_some(Outbox& outbox, size_t size) {
    std::string taken;
    for (const auto& buffer : outbox.next()) {
        const ByteView bytes(static_cast<const char*>(buffer.data()), buffer.size());
        taken.append(bytes.substr(0, size - taken.size()));
    }
    outbox.written(taken.size());
    return taken;
}

TEST(Outbox, SlicesComeOutBetweenTheTextAroundThem) {
    Outbox outbox;
    outbox.text() += "a";
    outbox.add_slice("BBB", nullptr);
    outbox.add_slice("CC", nullptr);
    outbox.text() += "d";

    EXPECT_EQ(outbox.size(), 7u);
    EXPECT_EQ(write_some(outbox, 100), "aBBBCCd");
    EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, BytesComeOutInOrderHoweverTheyAreCut) {
    const auto seed = std::random_device()();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::string body(5000, 'x');
    Outbox outbox;
    std::string expected;
    std::string actual;

    for (int step = 0; step < 5000; ++step) {
        if (const auto action = random() % 4; action == 0) {
            const ByteView slice = ByteView(body).substr(0, 1 + random() % body.size());
            outbox.add_slice(slice, nullptr);
            expected += slice;
        } else if (action == 1) {
            const std::string text = std::to_string(step) + std::string(random() % 900, '.');
            outbox.text() += text;
            expected += text;
        } else {
            actual += write_some(outbox, random() % 6000);
        }
        ASSERT_EQ(outbox.size(), expected.size() - actual.size());
    }
    while (!outbox.empty()) actual += write_some(outbox, 100000);

    EXPECT_TRUE(actual == expected);
}

}  // namespace
}  // namespace varve::amqp
