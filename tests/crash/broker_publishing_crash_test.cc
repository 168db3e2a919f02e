// A numbered message to a stream, with the power cut at every event: whoever sends it again has it
// stored once (docs/durability.md, P2).
#include "tests/support/broker_change.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

using Found = BrokerChange::Found;
using amqp::FieldValue;

TestMessage numbered(int64_t id, const std::string& body) {
    return {.key = "s",
            .body = body,
            .headers = {{"x-stream-publisher-name", FieldValue::string("p")},
                        {"x-stream-publishing-id", FieldValue::integer(id)}}};
}

// What the stream has after the message was sent once more.
BrokerChange::Seen seen_after_repetition(BrokerSession& session) {
    must(session.publish(numbered(2, "repeated")));
    session.broker().quiesce();
    const auto reader = must(session.consume(
        "s", {.prefetch = 10, .read_from = ReaderStart{.kind = ReaderStart::Kind::first}}));
    std::string bodies;
    for (const Received& each : reader->take(session.ready("s"))) bodies += each.body + ".";
    session.cancel(reader);
    if (bodies == "first.second.") return {Found::after, bodies};
    return {bodies == "first.repeated." ? Found::before : Found::neither, bodies};
}

class PublishingCrash : public ::testing::TestWithParam<ShardIndex> {};
INSTANTIATE_TEST_SUITE_P(FromEitherShard, PublishingCrash, ::testing::Values(0, 1));

TEST_P(PublishingCrash, RepeatedMessageIsStoredOnceWhereverThePowerGoes) {
    expect_all_or_nothing_wherever_the_power_goes(
        GetParam(),
        {.prepare =
             [](BrokerSession& session) {
                 session.queue("s", {{"x-queue-type", FieldValue::string("stream")}});
                 must(session.publish(numbered(1, "first")));
             },
         .change = [](BrokerSession& session) -> Result<void> {
             VARVE_TRY(session.publish(numbered(2, "second")));
             return ok();
         },
         .look = seen_after_repetition});
}

}  // namespace
}  // namespace varve
