// Resetting and deleting a named cursor, with the power cut at every event (docs/durability.md,
// P2).
#include "server/broker/definitions.h"
#include "tests/support/broker_change.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

using Found = BrokerChange::Found;
using Kind = ReaderStart::Kind;

// A cursor that is done with the first two of four, and with the last one.
void read_three_of_four(BrokerSession& session) {
    session.queue("q");
    session.send("q", {"0", "1", "2", "3"});
    const auto reader =
        must(session.consume("q", {.read_from = ReaderStart{.kind = Kind::first}, .cursor = "c"}));
    std::vector<Settlement> done;
    for (const Received& record : reader->take(4)) {
        if (record.body == "2") continue;
        done.push_back(BrokerSession::settlement(record, SettleAction::ack));
        done.back().cursor = cursor_id_of("c");
    }
    RunningBroker& broker = session.broker();
    broker.call(session.shard(), [&] { broker.at(session.shard()).settle(done); });
    session.cancel(reader);
    broker.quiesce();
    must(broker.engine().checkpoint());  // so that rows in the store have to go, too
}

// Of the cursor: what it would deliver; none if it is not there.
std::string left_of_cursor(BrokerSession& session) {
    RunningBroker& broker = session.broker();
    const auto listed = must(
        broker.await(session.shard(), broker.at(session.shard()).cursors(session.context(), "q")));
    if (listed.empty()) return "none";
    const auto reader = must(session.consume("q", {.cursor = "c"}));
    std::string left;
    const auto behind = static_cast<size_t>(listed[0].figures.behind);
    for (const Received& record : reader->take(behind)) left += record.body;
    session.cancel(reader);
    return left;
}

BrokerChange from_three_of_four(const std::string& to,
                                std::function<Result<void>(BrokerSession&)> change) {
    return {.prepare = read_three_of_four,
            .change = std::move(change),
            .look = [to](BrokerSession& session) {
                const std::string left = left_of_cursor(session);
                const Found found = left == to    ? Found::after
                                    : left == "2" ? Found::before
                                                  : Found::neither;
                return BrokerChange::Seen{found, left};
            }};
}

class CursorCrash : public ::testing::TestWithParam<ShardIndex> {};
INSTANTIATE_TEST_SUITE_P(FromEitherShard, CursorCrash, ::testing::Values(0, 1));

TEST_P(CursorCrash, ResetCursorIsAtTheOnePlaceOrTheOtherWhereverThePowerGoes) {
    expect_all_or_nothing_wherever_the_power_goes(
        GetParam(), from_three_of_four("123", [](BrokerSession& session) {
            RunningBroker& broker = session.broker();
            return broker.await(
                session.shard(),
                broker.at(session.shard())
                    .reset_cursor(
                        session.context(), "q", "c", {.kind = Kind::offset, .number = 1}));
        }));
}

TEST_P(CursorCrash, DeletedCursorIsThereAsItWasOrGoneWhereverThePowerGoes) {
    expect_all_or_nothing_wherever_the_power_goes(
        GetParam(), from_three_of_four("none", [](BrokerSession& session) {
            RunningBroker& broker = session.broker();
            return broker.await(
                session.shard(),
                broker.at(session.shard()).delete_cursor(session.context(), "q", "c"));
        }));
}

}  // namespace
}  // namespace varve
