// A transaction of AMQP over many queues, with the power cut at every event from its commit to the
// checkpoint after it (docs/durability.md, P7).
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;

FieldTable to_dead(const FieldTable& more = {}) {
    FieldTable arguments = more;
    arguments.set("x-dead-letter-exchange", FieldValue::string(""));
    arguments.set("x-dead-letter-routing-key", FieldValue::string("dead"));
    return arguments;
}

using QueueBodies = std::map<std::string, std::vector<std::string>>;

// What is in the queues without the transaction, and with it.
const QueueBodies kBefore{
    {"dead", {}},
    {"from", {"acked", "kept", "rejected"}},
    {"full", {"first"}},
    {"one", {}},
    {"short", {"newer", "oldest"}},
    {"two", {}},
    {"amq.delayed.later", {}},
};
const QueueBodies kAfter{
    {"dead", {"oldest", "refused", "rejected"}},
    {"from", {"kept"}},
    {"full", {"first"}},
    {"one", {"1"}},
    {"short", {"newer", "newest"}},
    {"two", {"2", "2"}},
    {"amq.delayed.later", {"1"}},
};

void declare_all(BrokerSession& session) {
    for (const char* queue : {"dead", "one", "two"}) session.queue(queue);
    session.queue("from", to_dead());
    session.queue("short", to_dead({{"x-max-length", FieldValue::integer(2)}}));
    session.queue("full",
                  to_dead({{"x-max-length", FieldValue::integer(1)},
                           {"x-overflow", FieldValue::string("reject-publish-dlx")}}));
    must(session.declare(ExchangeDeclaration{
        .name = "later",
        .type = "x-delayed-message",
        .durable = true,
        .arguments = FieldTable{{"x-delayed-type", FieldValue::string("fanout")}}.encode()}));
    session.send("from", {"acked", "rejected", "kept"});
    session.send("short", {"oldest", "newer"});
    session.send("full", {"first"});
}

// Publishes, acknowledges and rejects; one queue drops its head by it, another one refuses.
Result<void> commit_all(BrokerSession& session, const std::vector<Received>& from) {
    const std::vector<TestMessage> messages{
        {.key = "one", .body = "1"},
        {.key = "two", .body = "2"},
        {.key = "short", .body = "newest"},
        {.key = "full", .body = "refused"},
        {.exchange = "later", .body = "1", .headers = {{"x-delay", FieldValue::integer(60'000)}}},
        {.key = "two", .body = "2"}};
    return session.transact(messages,
                            {BrokerSession::settlement(from.at(0), SettleAction::ack),
                             BrokerSession::settlement(from.at(1), SettleAction::reject)});
}

// As quiesce(), where the disk may have failed.
void let_follow_what_follows(RunningBroker& broker) {
    constexpr int kRounds = 6;
    for (int round = 0; round < kRounds; ++round) {
        for (ShardIndex index = 0; index < broker.shard_count(); ++index) {
            discard(broker.await(index, broker.at(index).durable()), "the power may have gone");
        }
    }
}

QueueBodies found_after_restart(const FaultyFileSystem& disk, Survival survival, SeededRng& rng) {
    BrokerHome home;
    home.disk = disk.after_crash(survival, rng);
    RunningBroker broker(home);
    broker.quiesce();  // a queue that is too long after the restart drops its head now
    BrokerSession session(broker);
    QueueBodies found;
    for (const auto& [queue, bodies] : kBefore) {
        auto& here = found[queue];
        if (queue == "amq.delayed.later") {
            here.assign(session.ready(queue), "1");
            continue;
        }
        while (const auto got = session.get(queue)) here.push_back(got->body);
        std::ranges::sort(here);
    }
    return found;
}

class BrokerTransaction : public ::testing::TestWithParam<ShardIndex> {
protected:
    struct Cut {
        std::unique_ptr<FaultyFileSystem> disk;
        std::string event;  // empty: everything was done before
        bool confirmed = false;
    };
    // A broker's whole life, up to the event with this number after the begin of the commit.
    static Cut live_until(uint64_t event) {
        BrokerHome home;
        RunningBroker broker(home);
        BrokerSession session(broker, GetParam());
        declare_all(session);
        std::vector<Received> from;
        while (const auto got = session.get("from")) from.push_back(*got);
        broker.quiesce();
        const uint64_t cut_at = home.disk->event_count() + event;
        home.disk->cut_power_at(cut_at);

        Cut cut;
        cut.confirmed = commit_all(session, from).has_value();
        let_follow_what_follows(broker);
        discard(broker.engine().checkpoint(), "the power may have gone");
        session.abandon();
        const auto events = home.disk->events();
        if (cut_at < events.size()) cut.event = events[cut_at].text();
        broker.lose_power();
        cut.disk = std::move(home.disk);
        return cut;
    }
};

TEST_P(BrokerTransaction, OverManyQueuesIsThereAsAWholeOrNotAtAllWhereverThePowerGoes) {
    constexpr uint64_t kFarTooMany = 1000;
    constexpr uint64_t kRandomImages = 3;
    SeededRng rng(11);
    uint64_t with = 0;
    uint64_t without = 0;
    uint64_t point = 0;
    for (bool ended = false; !ended && point < kFarTooMany; ++point) {
        const Cut cut = live_until(point);
        ended = cut.event.empty();
        for (uint64_t image = 0; image < 2 + kRandomImages; ++image) {
            const auto survival = image == 0   ? Survival::nothing
                                  : image == 1 ? Survival::everything
                                               : Survival::random;
            const QueueBodies found = found_after_restart(*cut.disk, survival, rng);
            const bool is_there = found == kAfter;
            ++(is_there ? with : without);
            ASSERT_TRUE(is_there || (!cut.confirmed && found == kBefore))
                << "power cut at event " << point << " (" << cut.event << "), image " << image
                << (cut.confirmed ? ", confirmed: " : ": ") << ::testing::PrintToString(found);
        }
    }
    // From the write of the frame to the end of the checkpoint.
    EXPECT_GT(point, 10u);
    EXPECT_LT(point, kFarTooMany);
    EXPECT_GT(with, 0u);
    EXPECT_GT(without, 0u);
}

INSTANTIATE_TEST_SUITE_P(FromEitherShard, BrokerTransaction, ::testing::Values(0, 1));

}  // namespace
}  // namespace varve
