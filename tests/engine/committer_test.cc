#include "engine/committer.h"

#include "tests/support/engines.h"
#include "tests/support/faulty_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CommitterTest : public testing::Test {
protected:
    void SetUp() override { engine_ = must(home_.open()); }

    std::future<Result<CommitReceipt>> commit_soon(Transaction transaction) {
        auto done = std::make_shared<std::promise<Result<CommitReceipt>>>();
        auto future = done->get_future();
        engine_->commit(std::move(transaction), [done](Result<CommitReceipt> result) {
            done->set_value(std::move(result));
        });
        return future;
    }
    Transaction append_of(const LogRef& log, const Bodies& bodies) {
        Transaction transaction;
        transaction.append(log, batch_of(bodies));
        return transaction;
    }

    Transaction settling_of(const LogRef& log, Offset offset) {
        Transaction transaction;
        transaction.settle(log, kQueueCursor, {offset, offset + 1}, Outcome::acked);
        return transaction;
    }

    FaultyFileSystem disk_;
    EngineHome home_{disk_};
    std::unique_ptr<Engine> engine_;
};

TEST_F(CommitterTest, OffsetsOfManyWritersAreEachGivenOnce) {
    constexpr int kThreads = 4;
    constexpr int kCommits = 200;
    const LogRef log = must(create_log(*engine_));
    std::mutex mutex;
    std::set<int64_t> offsets;
    std::vector<std::thread> writers;
    for (int i = 0; i < kThreads; ++i) {
        writers.emplace_back([&] {
            for (int n = 0; n < kCommits; ++n) {
                const OffsetRange range = must(append(*engine_, log, {"a", "b"}));
                const std::lock_guard lock(mutex);
                offsets.insert({range.begin.value, range.begin.value + 1});
            }
        });
    }
    for (auto& writer : writers) writer.join();

    EXPECT_EQ(offsets.size(), kThreads * kCommits * 2u);
    EXPECT_EQ(*offsets.rbegin(), kThreads * kCommits * 2 - 1);
    EXPECT_EQ(engine_->bytes_in_flight(), 0u);
}

TEST_F(CommitterTest, CompletionsComeInTheOrderOfCommits) {
    const LogRef log = must(create_log(*engine_));
    std::vector<int> order;
    for (int i = 0; i < 100; ++i) {
        engine_->commit(append_of(log, {"x"}), [&order, i](const Result<CommitReceipt>& result) {
            EXPECT_EQ(result->appends[0].batch->base(), Offset{i});
            order.push_back(i);
        });
    }
    must(engine_->commit_and_wait({}));  // completes behind all of them

    ASSERT_EQ(order.size(), 100u);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(CommitterTest, LogIsUsedInTheTransactionThatCreatesIt) {
    const LogRef log = engine_->make_log({});
    const auto receipt = must(commit(*engine_, [&](Transaction& t) {
        t.create_log(log);
        t.append(log, batch_of({"first"}));
        t.append(log, batch_of({"second"}));
    }));

    EXPECT_EQ(receipt.appends[0].batch->base(), Offset{0});
    EXPECT_EQ(receipt.appends[1].batch->base(), Offset{1});
    EXPECT_EQ(receipt.appends[1].log, log);
}

TEST_F(CommitterTest, AppendsBehindTheDeletionOfTheirLogAreLeftOut) {
    const LogRef log = must(create_log(*engine_));
    Transaction deletion;
    deletion.delete_log(log);
    auto deleted = commit_soon(std::move(deletion));
    auto late = commit_soon(append_of(log, {"late"}));
    must(deleted.get());
    const auto receipt = must(late.get());

    ASSERT_EQ(receipt.appends.size(), 1u);
    EXPECT_EQ(receipt.appends[0].log, log);
    EXPECT_EQ(receipt.appends[0].batch, nullptr);
    must(settle(*engine_, log, {{0}, {1}}));
    EXPECT_EQ(engine_->find_log(log->id()), nullptr);
}

TEST_F(CommitterTest, AppendsToALogThatNobodyCreatedAreLeftOut) {
    const LogRef log = engine_->make_log({});

    const auto receipt = must(engine_->commit_and_wait(append_of(log, {"x"})));

    EXPECT_EQ(receipt.appends[0].batch, nullptr);
}

TEST_F(CommitterTest, TransactionLargerThanAFrameIsOneFrame) {
    const LogRef log = must(create_log(*engine_));
    const uint64_t frames = engine_->stats().frames;

    must(append(*engine_, log, Bodies(40, std::string(1000, 'x'))));

    EXPECT_EQ(engine_->stats().frames, frames + 1);
    EXPECT_EQ(must(read_all(*log)).size(), 40u);
}

TEST_F(CommitterTest, WhatNobodyWaitsForRidesAlongWithWhatSomebodyWaitsFor) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, Bodies(10, "x")));
    const uint64_t frames = engine_->stats().frames;

    for (int i = 0; i < 10; ++i) engine_->commit(settling_of(log, {i}), {});
    const auto receipt = must(commit_soon(append_of(log, {"y"})).get());

    // The clock stood still: without company they would wait for ever.
    EXPECT_EQ(engine_->stats().frames, frames + 1);
    EXPECT_EQ(receipt.appends[0].batch->base(), Offset{10});
    EXPECT_THAT(unsettled(*log), ElementsAre(10));
}

TEST_F(CommitterTest, WhatNobodyWaitsForIsDurableWithinMillisecondsWithoutCompany) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"x", "y"}));
    const uint64_t frames = engine_->stats().frames;
    std::promise<void> done;
    engine_->commit(settling_of(log, {0}), {});
    engine_->commit(
        settling_of(log, {1}), [&](const auto&) { done.set_value(); }, Haste::soon);

    home_.clock.advance(Arrivals::kPatience);

    done.get_future().get();
    EXPECT_EQ(engine_->stats().frames, frames + 1);
    EXPECT_THAT(unsettled(*log), IsEmpty());
}

TEST_F(CommitterTest, SyncRequestAndCheckpointTakeAlongWhatNobodyWaitsFor) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"x", "y"}));

    engine_->commit(settling_of(log, {0}), {});
    must(engine_->commit_and_wait({}));
    EXPECT_THAT(unsettled(*log), ElementsAre(1));

    engine_->commit(settling_of(log, {1}), {});
    must(engine_->checkpoint());
    EXPECT_THAT(unsettled(*log), IsEmpty());
}

TEST_F(CommitterTest, CleanStopTakesAlongWhatNobodyWaitsFor) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"x", "y"}));
    engine_->commit(settling_of(log, {0}), {});

    must(engine_->close());
    engine_ = must(home_.open());

    EXPECT_THAT(unsettled(*engine_->find_log(log->id())), ElementsAre(1));
}

TEST_F(CommitterTest, StatsCountFramesTransactionsAndBytes) {
    const LogRef log = must(create_log(*engine_));
    const EngineStats before = engine_->stats();

    must(append(*engine_, log, {std::string(10'000, 'x')}));
    must(settle(*engine_, log, {{0}, {1}}));

    const EngineStats after = engine_->stats();
    EXPECT_EQ(after.frames, before.frames + 2);
    EXPECT_EQ(after.transactions, before.transactions + 2);
    EXPECT_GE(after.journal_bytes, before.journal_bytes + 10'000);
    EXPECT_GE(after.memory_tail, before.memory_tail + 10'000);
    EXPECT_EQ(after.disk, DiskState::good);
    EXPECT_EQ(engine_->bytes_in_flight(), 0u);
}

TEST_F(CommitterTest, ClosingTwiceIsHarmless) {
    must(engine_->close());

    EXPECT_TRUE(engine_->close());
}

TEST(Arrivals, PatienceRunsFromTheFirstAndEndsWhenSomebodyWaits) {
    ManualClock clock;
    Arrivals arrivals(clock);
    EXPECT_EQ(arrivals.patience(), std::nullopt);

    EXPECT_TRUE(arrivals.add({.haste = Haste::soon}));
    clock.advance(std::chrono::milliseconds(2));
    EXPECT_FALSE(arrivals.add({.haste = Haste::soon}));
    EXPECT_EQ(arrivals.patience(), Arrivals::kPatience - std::chrono::milliseconds(2));
    EXPECT_TRUE(arrivals.add({.haste = Haste::now}));
    EXPECT_EQ(arrivals.patience(), std::chrono::nanoseconds(0));

    std::deque<PendingCommit> queue;
    arrivals.move_to(queue);
    EXPECT_EQ(queue.size(), 3u);
    EXPECT_EQ(arrivals.patience(), std::nullopt);
    arrivals.add({.haste = Haste::soon});
    clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(arrivals.patience(), std::chrono::nanoseconds(0));
}

TEST(Arrivals, MuchOfItIsWorthAFrameOfItsOwn) {
    ManualClock clock;
    Arrivals arrivals(clock);
    Transaction large;
    large.put({1, "key"}, std::string(Arrivals::kCompany, 'x'));

    EXPECT_TRUE(arrivals.add({.transaction = std::move(large), .haste = Haste::soon}));

    EXPECT_EQ(arrivals.patience(), std::chrono::nanoseconds(0));
}

// P1: what was confirmed before is there; what fails is never confirmed.
TEST_F(CommitterTest, FailedSyncStopsConfirmingForGood) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"confirmed"}));
    std::promise<Error> told;
    std::atomic<int> times = 0;
    engine_->on_failure([&](const Error& error) {
        if (++times == 1) told.set_value(error);
    });

    // Each: the next one may be that of a file that is being prepared.
    disk_.fail_every_sync();

    EXPECT_EQ(append(*engine_, log, {"lost"}).error().code, ErrorCode::io);
    EXPECT_EQ(append(*engine_, log, {"later"}).error().code, ErrorCode::io);
    EXPECT_EQ(engine_->checkpoint().error().code, ErrorCode::io);
    EXPECT_EQ(told.get_future().get().code, ErrorCode::io);
    EXPECT_EQ(must(read_all(*log)).size(), 1u);
    EXPECT_FALSE(engine_->close());
    EXPECT_EQ(times, 1);
    SeededRng rng(1);
    const auto restarted = disk_.after_crash(Survival::everything, rng);
    EngineHome home{*restarted};
    engine_ = must(home.open());
    const auto records = must(read_all(*engine_->find_log(log->id())));
    EXPECT_EQ(records.at({0}), "confirmed");
    engine_.reset();
}

TEST_F(CommitterTest, FailureIsToldAlsoToWhoAsksLater) {
    disk_.fail_every_sync();
    EXPECT_FALSE(create_log(*engine_));

    std::promise<Error> told;
    engine_->on_failure([&](const Error& error) { told.set_value(error); });

    EXPECT_EQ(told.get_future().get().code, ErrorCode::io);
}

TEST_F(CommitterTest, FullDiskHoldsCommitsAndLosesNothing) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"before"}));
    std::promise<void> full;
    std::promise<void> good;
    engine_->on_disk_state([&](DiskState state, Bytes) {
        if (state == DiskState::full) full.set_value();
        if (state == DiskState::good) good.set_value();
    });
    disk_.set_capacity(0);

    // More than the files that are there can take.
    std::vector<std::future<Result<CommitReceipt>>> held;
    for (int i = 0; i < 40; ++i)
        held.push_back(commit_soon(append_of(log, {std::string(10'000, 'x')})));
    full.get_future().get();
    EXPECT_EQ(engine_->stats().disk, DiskState::full);
    EXPECT_GT(engine_->bytes_in_flight(), 0u);
    disk_.set_capacity(1_GiB);

    for (auto& each : held) must(each.get());
    good.get_future().get();
    EXPECT_EQ(must(read_all(*log)).size(), 41u);
    must(engine_->close());
    engine_ = must(home_.open());
    EXPECT_EQ(must(read_all(*engine_->find_log(log->id()))).size(), 41u);
}

TEST_F(CommitterTest, CheckpointWithoutSpaceLosesNothingAndIsRepeated) {
    const LogRef log = must(create_log(*engine_));
    for (int i = 0; i < 5; ++i) must(append(*engine_, log, {std::string(1000, 'x')}));
    disk_.set_capacity(0);

    EXPECT_EQ(engine_->checkpoint().error().code, ErrorCode::no_space);
    EXPECT_EQ(must(read_all(*log)).size(), 5u);

    disk_.set_capacity(1_GiB);
    must(engine_->checkpoint());
    EXPECT_EQ(engine_->stats().memory_tail, 0u);
    EXPECT_EQ(must(read_all(*log)).size(), 5u);
}

TEST_F(CommitterTest, ClosingOnAFullDiskAnswersInsteadOfWaiting) {
    const LogRef log = must(create_log(*engine_));
    std::promise<void> full;
    engine_->on_disk_state([&](DiskState state, Bytes) {
        if (state == DiskState::full) full.set_value();
    });
    disk_.set_capacity(0);
    std::vector<std::future<Result<CommitReceipt>>> held;
    for (int i = 0; i < 40; ++i)
        held.push_back(commit_soon(append_of(log, {std::string(10'000, 'x')})));
    full.get_future().get();

    EXPECT_EQ(engine_->close().error().code, ErrorCode::closed);

    size_t confirmed = 0;
    for (auto& each : held) {
        const auto result = each.get();
        if (result) {
            ++confirmed;
        } else {
            EXPECT_EQ(result.error().code, ErrorCode::closed);
        }
    }
    EXPECT_LT(confirmed, held.size());
    disk_.set_capacity(1_GiB);
    engine_ = must(home_.open());
    EXPECT_GE(must(read_all(*engine_->find_log(log->id()))).size(), confirmed);
}

TEST_F(CommitterTest, LittleFreeSpaceIsReportedBeforeItIsGone) {
    must(engine_->close());
    home_.options.manual_upkeep = false;
    home_.options.disk_free_limit = 100_MiB;
    disk_.set_capacity(10_MiB);
    engine_ = must(home_.open());
    std::promise<DiskState> told;

    engine_->on_disk_state([&](DiskState state, Bytes) { told.set_value(state); });

    EXPECT_EQ(told.get_future().get(), DiskState::low);
    EXPECT_EQ(engine_->stats().disk, DiskState::low);
    EXPECT_LE(engine_->stats().disk_free, 10_MiB);
    EXPECT_TRUE(create_log(*engine_));
}

}  // namespace
}  // namespace varve
