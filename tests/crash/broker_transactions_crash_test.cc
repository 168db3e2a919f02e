// A transaction of AMQP over many queues, with the power cut at every event from its commit to the
// checkpoint after it (docs/durability.md, P7).
#include "tests/support/broker_change.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace varve {
namespace {

using Found = BrokerChange::Found;
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

QueueBodies all_bodies(BrokerSession& session) {
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

class BrokerTransaction : public ::testing::TestWithParam<ShardIndex> {};

TEST_P(BrokerTransaction, OverManyQueuesIsThereAsAWholeOrNotAtAllWhereverThePowerGoes) {
    std::vector<Received> from;
    expect_all_or_nothing_wherever_the_power_goes(
        GetParam(),
        {.prepare =
             [&from](BrokerSession& session) {
                 declare_all(session);
                 from.clear();
                 while (const auto got = session.get("from")) from.push_back(*got);
             },
         .change = [&from](BrokerSession& session) { return commit_all(session, from); },
         .look =
             [](BrokerSession& session) {
                 const QueueBodies found = all_bodies(session);
                 const std::string seen = ::testing::PrintToString(found);
                 if (found == kAfter) return BrokerChange::Seen{Found::after, seen};
                 return BrokerChange::Seen{found == kBefore ? Found::before : Found::neither, seen};
             }});
}

INSTANTIATE_TEST_SUITE_P(FromEitherShard, BrokerTransaction, ::testing::Values(0, 1));

}  // namespace
}  // namespace varve
