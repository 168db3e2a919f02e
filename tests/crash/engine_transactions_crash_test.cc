// What the engine promises of whole transactions when the power goes, at every event of its life
// (docs/durability.md, P7).
#include "tests/support/engine_model.h"
#include "tests/support/log_history.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <random>

namespace varve {
namespace {

struct ThreeLogs {
    std::array<LogHistory, 3> logs;
    int64_t attempted = 0;  // transactions; each adds one record to every log, and settles the last
    int64_t confirmed = 0;
};

TEST(EngineCrash, TransactionOverSeveralLogsIsThereAsAWholeOrNotAtAll) {
    cut_story_and_recovery<ThreeLogs>(
        [](FaultyFileSystem& disk, ThreeLogs& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            std::array<LogRef, 3> logs;
            for (size_t i = 0; i < 3; ++i) logs[i] = history.logs[i].create(*engine);
            for (int64_t n = 0; n < 8; ++n) {
                if (n % 3 == 2) or_stop(engine->checkpoint());
                ++history.attempted;
                or_stop(commit(*engine, [&](Transaction& t) {
                    for (const LogRef& log : logs) {
                        t.append(log, batch_of({std::to_string(n) + std::string(700, 'x')}));
                        if (n > 0) t.settle(log, kQueueCursor, {{n - 1}, {n}}, Outcome::acked);
                    }
                    t.put({1, "last"}, std::to_string(n));
                }));
                ++history.confirmed;
            }
        },
        [](FaultyFileSystem& disk, const ThreeLogs& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            std::string last;
            engine->for_each_definition(
                [&](const CatalogueKey&, ByteView value) { last = std::string(value); });
            const int64_t done = last.empty() ? 0 : std::stoll(last) + 1;
            EXPECT_GE(done, history.confirmed);
            EXPECT_LE(done, history.attempted);
            for (const LogHistory& each : history.logs) {
                const LogRef log = find(*engine, each);
                EXPECT_TRUE(log || !each.created);
                if (!log) continue;
                EXPECT_EQ(log->range().end.value, done);
                EXPECT_EQ(unsettled(*log).size(), done > 0 ? 1U : 0U);
            }
        });
}

struct Declarations {
    std::vector<LogId> ids;  // of queue n
    std::set<size_t> declared;
    std::set<size_t> in_flight;  // its declaration or deletion may or may not have happened
};

TEST(EngineCrash, DefinitionAndItsLogComeAndGoTogether) {
    cut_story_and_recovery<Declarations>(
        [](FaultyFileSystem& disk, Declarations& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const auto declare = [&] {
                const size_t n = history.ids.size();
                const LogRef log = engine->make_log({});
                history.ids.push_back(log->id());
                history.in_flight = {n};
                or_stop(commit(*engine, [&](Transaction& t) {
                    t.put({1, std::to_string(n)}, "queue");
                    t.create_log(log);
                }));
                history.declared.insert(n);
            };
            const auto remove = [&](size_t n) {
                history.in_flight = {n};
                or_stop(commit(*engine, [&](Transaction& t) {
                    t.erase({1, std::to_string(n)});
                    t.delete_log(engine->find_log(history.ids[n]));
                }));
                history.declared.erase(n);
            };
            declare();
            declare();
            or_stop(engine->checkpoint());
            remove(0);
            declare();
            or_stop(engine->checkpoint());
            remove(2);
            declare();
            remove(1);
            or_stop(engine->checkpoint());
        },
        [](FaultyFileSystem& disk, const Declarations& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            std::set<size_t> defined;
            engine->for_each_definition(
                [&](const CatalogueKey& key, ByteView) { defined.insert(std::stoull(key.id)); });
            EXPECT_EQ(engine->logs().size(), defined.size());
            for (size_t n = 0; n < history.ids.size(); ++n) {
                EXPECT_EQ(engine->find_log(history.ids[n]) != nullptr, defined.contains(n)) << n;
                if (history.in_flight.contains(n)) continue;
                EXPECT_EQ(defined.contains(n), history.declared.contains(n)) << n;
            }
        });
}

constexpr CursorId kReader{5};

struct NamedCursor {
    LogHistory log;
    std::set<int64_t> attempted;  // what the reader settled since it was last made
    std::set<int64_t> settled;
    int64_t lives_attempted = 0;  // how often it was made, less how often it was deleted
    int64_t lives = 0;

    void settle(Engine& engine, const LogRef& handle, int64_t offset) {
        attempted.insert(offset);
        or_stop(commit(engine, [&](Transaction& t) {
            t.settle(handle, kReader, {{offset}, {offset + 1}}, Outcome::acked);
        }));
        settled.insert(offset);
    }
    void make(Engine& engine, const LogRef& handle) {
        ++lives_attempted;
        or_stop(commit(engine, [&](Transaction& t) { t.create_cursor(handle, kReader, {0}); }));
        ++lives;
    }
    void remove(Engine& engine, const LogRef& handle) {
        --lives_attempted;
        or_stop(commit(engine, [&](Transaction& t) { t.delete_cursor(handle, kReader); }));
        --lives;
        attempted.clear();
        settled.clear();
    }
};

TEST(EngineCrash, NamedCursorsKeepWhatTheySettledAndDisturbNobody) {
    cut_story_and_recovery<NamedCursor>(
        [](FaultyFileSystem& disk, NamedCursor& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = history.log.create(*engine);
            history.log.append(*engine, log, Bodies(8, "x"));
            history.make(*engine, log);
            for (const int64_t offset : {0, 4, 2}) history.settle(*engine, log, offset);
            or_stop(engine->checkpoint());
            history.settle(*engine, log, 6);
            history.log.settle(*engine, log, 3);
            history.remove(*engine, log);
            history.make(*engine, log);
            history.settle(*engine, log, 1);
            or_stop(engine->checkpoint());
            history.settle(*engine, log, 0);
        },
        [](FaultyFileSystem& disk, const NamedCursor& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = find(*engine, history.log);
            if (!log) return;
            check_records(*log, history.log);
            check_settled(*log, history.log);
            const bool is_there = log->cursor(kReader).has_value();
            const bool is_certain = history.lives == history.lives_attempted;
            EXPECT_TRUE(!is_certain || is_there == (history.lives == 1));
            if (!is_there || !is_certain) return;
            const auto waiting = unsettled(*log, kReader);
            const std::set<int64_t> left(waiting.begin(), waiting.end());
            for (int64_t offset = 0; offset < log->range().end.value; ++offset) {
                EXPECT_FALSE(history.settled.contains(offset) && left.contains(offset)) << offset;
                EXPECT_TRUE(history.attempted.contains(offset) || left.contains(offset)) << offset;
            }
        });
}

// A random life, as the states between which each transaction leads.
struct RandomLife {
    std::vector<EngineModel> states{1};
    std::atomic<size_t> confirmed = 0;  // index of the last state that was confirmed

    void commit(Engine& engine, Transaction transaction, EngineModel after) {
        states.push_back(std::move(after));
        const size_t index = states.size() - 1;
        engine.commit(std::move(transaction), [this, index](const Result<CommitReceipt>& receipt) {
            if (receipt) confirmed = index;
        });
    }
};

void live(FaultyFileSystem& disk, RandomLife& life, uint64_t seed) {
    EngineHome home{disk};
    auto engine = or_stop(home.open());
    RandomChanges changes(seed);
    for (int step = 0; step < 30; ++step) {
        EngineModel model = life.states.back();
        const uint64_t kind = changes.rng().below(12);
        if (kind == 0) {
            or_stop(engine->checkpoint());
        } else if (kind == 1 && changes.rng().one_in(2)) {
            or_stop(engine->close());
            engine = or_stop(home.open());
        } else if (kind == 2 || model.logs.size() < 2) {
            Transaction transaction = changes.creation(*engine, model);
            life.commit(*engine, std::move(transaction), model);
        } else if (kind == 3 && changes.rng().one_in(3)) {
            Transaction transaction = changes.deletion(*engine, model);
            life.commit(*engine, std::move(transaction), model);
        } else {
            // Several that nobody waits for: they may share a frame.
            for (uint64_t i = 0; i <= changes.rng().below(3); ++i) {
                Transaction transaction = changes.transaction(*engine, model, home.clock.now());
                life.commit(*engine, std::move(transaction), model);
            }
        }
        or_stop(engine->commit_and_wait({}));
    }
}

// P1, P2, P4, P7.
TEST(EngineCrash, RandomTransactionsAreAllThereUpToTheLastConfirmedOne) {
    const char* const given = std::getenv("VARVE_SEED");  // NOLINT(concurrency-mt-unsafe)
    const uint64_t first =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    for (uint64_t seed = first; seed < first + 3 && !HasFailure(); ++seed) {
        SCOPED_TRACE("VARVE_SEED=" + std::to_string(seed));
        cut_story_and_recovery<RandomLife>(
            [seed](FaultyFileSystem& disk, RandomLife& life) { live(disk, life, seed); },
            [](FaultyFileSystem& disk, const RandomLife& life) {
                EngineHome home{disk};
                const auto engine = or_stop(home.open());
                size_t found = life.confirmed;
                while (found < life.states.size() &&
                       !or_stop(difference(*engine, life.states[found])).empty()) {
                    ++found;
                }
                ASSERT_LT(found, life.states.size())
                    << or_stop(difference(*engine, life.states[life.confirmed]));
                or_stop(engine->checkpoint());
                EXPECT_EQ(or_stop(difference(*engine, life.states[found])), "");
            });
    }
}

}  // namespace
}  // namespace varve
