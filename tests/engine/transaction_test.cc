#include "engine/transaction.h"

#include "tests/support/engines.h"
#include "tests/support/faulty_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr CursorId kReader{7};

class TransactionTest : public testing::Test {
protected:
    void SetUp() override { engine_ = must(home_.open()); }
    void reopen() {
        must(engine_->close());
        engine_ = must(home_.open());
    }
    LogRef again(const LogRef& log) { return engine_->find_log(log->id()); }
    Result<CommitReceipt> change(const std::function<void(Transaction&)>& fill) {
        return commit(*engine_, fill);
    }
    std::vector<std::pair<std::string, std::string>> definitions() {
        std::vector<std::pair<std::string, std::string>> found;
        engine_->for_each_definition([&](const CatalogueKey& key, ByteView value) {
            found.emplace_back(std::to_string(key.kind) + key.id, value);
        });
        return found;
    }

    FaultyFileSystem disk_;
    EngineHome home_{disk_};
    std::unique_ptr<Engine> engine_;
};

TEST_F(TransactionTest, LogIsNothingUntilItsCreationIsDurable) {
    const LogRef log = engine_->make_log({});
    EXPECT_EQ(engine_->find_log(log->id()), nullptr);

    must(change([&](Transaction& t) { t.create_log(log); }));

    EXPECT_EQ(engine_->find_log(log->id()), log);
    EXPECT_THAT(engine_->logs(), ElementsAre(log));
}

// P7.
TEST_F(TransactionTest, MoveBetweenLogsIsOneStep) {
    const LogRef from = must(create_log(*engine_));
    const LogRef to = must(create_log(*engine_));
    must(append(*engine_, from, {"a", "b"}));

    const auto receipt = must(change([&](Transaction& t) {
        t.append(to, batch_of({"a"}));
        t.settle(from, kQueueCursor, {{0}, {1}}, Outcome::moved);
    }));
    reopen();

    EXPECT_EQ(receipt.appends.size(), 1u);
    EXPECT_THAT(unsettled(*again(from)), ElementsAre(1));
    EXPECT_EQ(again(from)->outcome({0}), Outcome::moved);
    EXPECT_THAT(must(read_all(*again(to))), ElementsAre(Pair(Offset{0}, "a")));
}

TEST_F(TransactionTest, DefinitionsAreReplacedErasedAndListedInKeyOrder) {
    must(change([](Transaction& t) {
        t.put({2, "a"}, "first");
        t.put({1, "z"}, "one");
        t.put({1, "b"}, "gone");
    }));
    must(engine_->checkpoint());
    must(change([](Transaction& t) {
        t.put({2, "a"}, "second");
        t.erase({1, "b"});
        t.erase({9, "never there"});
    }));

    EXPECT_THAT(definitions(), ElementsAre(Pair("1z", "one"), Pair("2a", "second")));
    reopen();
    EXPECT_THAT(definitions(), ElementsAre(Pair("1z", "one"), Pair("2a", "second")));
}

TEST_F(TransactionTest, CursorsOfOneLogSettleIndependently) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a", "b", "c"}));
    must(change([&](Transaction& t) { t.create_cursor(log, kReader, {1}); }));

    must(change([&](Transaction& t) {
        t.settle(log, kReader, {{2}, {3}}, Outcome::acked);
        t.settle(log, kQueueCursor, {{0}, {2}}, Outcome::acked);
    }));

    EXPECT_THAT(unsettled(*log, kReader), ElementsAre(1));
    EXPECT_THAT(unsettled(*log), ElementsAre(2));
    EXPECT_FALSE(log->cursor({99}));
}

TEST_F(TransactionTest, CreatingACursorAgainRaisesItsFloorAndNeverLowersIt) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a", "b", "c"}));
    must(change([&](Transaction& t) { t.create_cursor(log, kReader, {1}); }));

    must(change([&](Transaction& t) { t.create_cursor(log, kReader, {2}); }));
    EXPECT_THAT(unsettled(*log, kReader), ElementsAre(2));
    must(change([&](Transaction& t) { t.create_cursor(log, kReader, {0}); }));

    EXPECT_THAT(unsettled(*log, kReader), ElementsAre(2));
}

TEST_F(TransactionTest, SettlingBeyondTheEndAndForUnknownCursorsChangesNothing) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a"}));

    must(change([&](Transaction& t) {
        t.settle(log, kQueueCursor, {{0}, {1000}}, Outcome::acked);
        t.settle(log, {99}, {{0}, {1}}, Outcome::acked);
    }));
    must(append(*engine_, log, {"b"}));

    EXPECT_THAT(unsettled(*log), ElementsAre(1));
    EXPECT_THAT(log->cursors(), ElementsAre(kQueueCursor));
}

TEST_F(TransactionTest, DeliveredMarkIsReplacedAlsoByALowerOne) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a", "b", "c"}));
    must(change([&](Transaction& t) { t.mark_delivered(log, kQueueCursor, {3}); }));

    must(change([&](Transaction& t) { t.mark_delivered(log, kQueueCursor, {1}); }));
    reopen();

    EXPECT_EQ(again(log)->cursor(kQueueCursor)->delivered_below, Offset{1});
}

TEST_F(TransactionTest, RetentionThatIsChangedCountsFromTheNextCheckpoint) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a", "b"}));
    must(settle(*engine_, log, {{0}, {2}}));
    must(engine_->checkpoint());
    EXPECT_EQ(log->range(), (OffsetRange{{0}, {2}}));

    must(change([&](Transaction& t) { t.set_retention(log, {.bytes = 0}); }));
    must(append(*engine_, log, {"c"}));
    must(engine_->checkpoint());

    EXPECT_EQ(log->range(), (OffsetRange{{2}, {3}}));
    reopen();
    EXPECT_EQ(again(log)->retention().bytes, 0u);
}

TEST_F(TransactionTest, PurgeSettlesForEveryCursor) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a", "b"}));
    must(change([&](Transaction& t) { t.create_cursor(log, kReader, {0}); }));

    must(purge(*engine_, log, {{0}, {2}}));

    EXPECT_THAT(unsettled(*log, kReader), IsEmpty());
    EXPECT_EQ(log->range(), (OffsetRange{{2}, {2}}));
}

TEST_F(TransactionTest, SettlingInOrderIsOneEntry) {
    const LogRef log = must(create_log(*engine_));
    Transaction transaction;
    transaction.settle(log, kQueueCursor, {{0}, {1}}, Outcome::acked);
    const Bytes one = transaction.size();

    for (int i = 1; i < 100; ++i)
        transaction.settle(log, kQueueCursor, {{i}, {i + 1}}, Outcome::acked);

    EXPECT_EQ(transaction.size(), one);
}

TEST_F(TransactionTest, SizeIsWhatItTakesInTheJournalAndAMovedFromOneIsEmpty) {
    const LogRef log = must(create_log(*engine_));
    Transaction transaction;
    EXPECT_TRUE(transaction.empty());
    transaction.append(log, batch_of({std::string(1000, 'x')}));
    transaction.put({1, "key"}, std::string(500, 'v'));
    EXPECT_GE(transaction.size(), 1500u);
    EXPECT_LE(transaction.size(), 1800u);

    Transaction moved = std::move(transaction);
    EXPECT_FALSE(moved.empty());
    transaction = {};

    EXPECT_TRUE(transaction.empty());
    EXPECT_EQ(transaction.size(), 0u);
}

}  // namespace
}  // namespace varve
