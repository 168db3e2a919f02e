// What the engine promises of everything but records when the power goes, at every event of its
// life: delivery marks, logs, purges, moves, definitions (docs/durability.md).
#include "tests/support/log_history.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

struct Deliveries {
    LogHistory log;
    int64_t delivered_attempted = 0;
    int64_t delivered = 0;
    std::map<int64_t, uint32_t> counts_attempted;
    std::map<int64_t, uint32_t> counts;

    void deliver(Engine& engine, const LogRef& handle, int64_t below) {
        delivered_attempted = below;
        or_stop(commit(engine,
                       [&](Transaction& t) { t.mark_delivered(handle, kQueueCursor, {below}); }));
        delivered = below;
    }
    void requeue(Engine& engine, const LogRef& handle, int64_t offset) {
        const uint32_t count = ++counts_attempted[offset];
        or_stop(commit(engine, [&](Transaction& t) { t.mark_returned(handle, {offset}, count); }));
        counts[offset] = count;
    }
};

TEST(EngineCrash, WhatWasDeliveredBeforeComesBackMarkedAndCounted) {
    cut_story_and_recovery<Deliveries>(
        [](FaultyFileSystem& disk, Deliveries& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = history.log.create(*engine);
            history.log.append(*engine, log, Bodies(6, "x"));
            history.deliver(*engine, log, 3);
            history.requeue(*engine, log, 1);
            history.requeue(*engine, log, 1);
            or_stop(engine->checkpoint());
            history.requeue(*engine, log, 2);
            history.deliver(*engine, log, 5);
            history.requeue(*engine, log, 1);
            history.log.settle(*engine, log, 0);
            or_stop(engine->checkpoint());
            history.requeue(*engine, log, 4);
        },
        [](FaultyFileSystem& disk, const Deliveries& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = find(*engine, history.log);
            if (!log) return;
            const auto cursor = log->cursor(kQueueCursor);
            EXPECT_GE(cursor->delivered_below.value, history.delivered);
            EXPECT_LE(cursor->delivered_below.value, history.delivered_attempted);
            for (const auto& [offset, count] : history.counts) {
                ASSERT_TRUE(cursor->returned.contains({offset})) << offset;
                EXPECT_GE(cursor->returned.at({offset}), count) << offset;
            }
            for (const auto& [offset, count] : cursor->returned) {
                EXPECT_LE(count, history.counts_attempted.at(offset.value)) << offset.value;
            }
            check_settled(*log, history.log);
        });
}

struct LogLives {
    std::vector<LogHistory> logs;
    std::set<size_t> deletion_attempted;
    std::set<size_t> deleted;
};

TEST(EngineCrash, LogsAreThereOnceCreatedAndGoneOnceDeleted) {
    cut_story_and_recovery<LogLives>(
        [](FaultyFileSystem& disk, LogLives& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            for (size_t i = 0; i < 4; ++i) {
                LogHistory& made = history.logs.emplace_back();
                const LogRef log = made.create(*engine);
                made.append(*engine, log, {"record " + std::to_string(i)});
                if (i == 1) or_stop(engine->checkpoint());
                if (i == 0) continue;
                history.deletion_attempted.insert(i - 1);
                or_stop(delete_log(*engine, find(*engine, history.logs[i - 1])));
                history.deleted.insert(i - 1);
            }
            or_stop(engine->checkpoint());
        },
        [](FaultyFileSystem& disk, const LogLives& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            for (size_t i = 0; i < history.logs.size(); ++i) {
                const LogRef log = find(*engine, history.logs[i]);
                EXPECT_TRUE(!log || !history.deleted.contains(i)) << i;
                const bool may_be_absent =
                    !history.logs[i].created || history.deletion_attempted.contains(i);
                EXPECT_TRUE(log || may_be_absent) << i;
                if (log) check_records(*log, history.logs[i]);
            }
            or_stop(engine->checkpoint());
        });
}

struct Purge {
    LogHistory log;
    bool attempted = false;
    bool purged = false;
};

TEST(EngineCrash, PurgedRecordsNeverComeBack) {
    cut_story_and_recovery<Purge>(
        [](FaultyFileSystem& disk, Purge& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = history.log.create(*engine);
            history.log.append(*engine, log, Bodies(4, "x"));
            or_stop(engine->checkpoint());
            history.log.append(*engine, log, Bodies(2, "y"));
            history.attempted = true;
            or_stop(purge(*engine, log, {{0}, {6}}));
            history.purged = true;
            history.log.append(*engine, log, {"z"});
            or_stop(engine->checkpoint());
        },
        [](FaultyFileSystem& disk, const Purge& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = find(*engine, history.log);
            if (!log) return;
            check_records(*log, history.log);
            EXPECT_TRUE(history.attempted || log->range().begin == Offset{0});
            EXPECT_TRUE(!history.purged || log->range().begin == Offset{6});
            // All of it or nothing.
            EXPECT_TRUE(log->range().begin == Offset{0} || log->range().begin == Offset{6});
        });
}

struct Moves {
    LogHistory from;
    LogHistory to;
};

// P7.
TEST(EngineCrash, MovedRecordIsInExactlyOneOfTwoPlaces) {
    cut_story_and_recovery<Moves>(
        [](FaultyFileSystem& disk, Moves& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef from = history.from.create(*engine);
            const LogRef to = history.to.create(*engine);
            Bodies bodies;
            for (int i = 0; i < 6; ++i) bodies.push_back("message " + std::to_string(i));
            history.from.append(*engine, from, bodies);
            for (int64_t i = 0; i < 6; ++i) {
                if (i == 3) or_stop(engine->checkpoint());
                or_stop(commit(*engine, [&](Transaction& t) {
                    t.append(to, batch_of({bodies[static_cast<size_t>(i)]}));
                    t.settle(from, kQueueCursor, {{i}, {i + 1}}, Outcome::moved);
                }));
            }
            or_stop(engine->checkpoint());
        },
        [](FaultyFileSystem& disk, const Moves& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef from = find(*engine, history.from);
            const LogRef to = find(*engine, history.to);
            if (!from || !to) return;
            std::multiset<std::string> found;
            const auto source = or_stop(read_all(*from));
            for (const int64_t offset : unsettled(*from)) found.insert(source.at({offset}));
            for (const auto& [offset, body] : or_stop(read_all(*to))) found.insert(body);
            EXPECT_EQ(found.size(), static_cast<size_t>(from->range().end.value));
            for (const std::string& body : history.from.attempted)
                EXPECT_LE(found.count(body), 1u) << body;
        });
}

struct Definitions {
    std::map<std::string, std::string> confirmed;
    std::string in_flight;  // key of the change that may or may not have happened
};

TEST(EngineCrash, DefinitionsAreAsLastConfirmed) {
    cut_story_and_recovery<Definitions>(
        [](FaultyFileSystem& disk, Definitions& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const auto put = [&](const std::string& key, const std::string& value) {
                history.in_flight = key;
                or_stop(commit(*engine, [&](Transaction& t) { t.put({1, key}, value); }));
                history.confirmed[key] = value;
            };
            put("a", "1");
            put("b", "2");
            or_stop(engine->checkpoint());
            put("a", "3");
            history.in_flight = "b";
            or_stop(commit(*engine, [&](Transaction& t) { t.erase({1, "b"}); }));
            history.confirmed.erase("b");
            or_stop(engine->checkpoint());
            put("c", "4");
        },
        [](FaultyFileSystem& disk, const Definitions& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            std::map<std::string, std::string> found;
            engine->for_each_definition(
                [&](const CatalogueKey& key, ByteView value) { found[key.id] = value; });
            auto expected = history.confirmed;
            expected.erase(history.in_flight);
            found.erase(history.in_flight);
            EXPECT_EQ(found, expected);
        });
}

}  // namespace
}  // namespace varve
