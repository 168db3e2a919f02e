// The engine against maps in memory: random transactions, checkpoints, clean stops and power cuts.
// VARVE_SEED=n repeats a run; VARVE_STEPS=n sets its length.
#include "tests/support/engines.h"
#include "tests/support/faulty_file_system.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <ranges>

namespace varve {
namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
    const char* const given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
    return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

struct LogModel {
    std::map<int64_t, std::string> records;  // all there ever were
    std::map<int64_t, Outcome> settled;
    std::map<int64_t, uint32_t> returned;
    int64_t delivered_below = 0;
    int64_t start = 0;
    int64_t purged_below = 0;
    RetentionPolicy retention;

    int64_t end() const { return static_cast<int64_t>(records.size()); }
    int64_t floor() const {
        int64_t floor = start;
        while (settled.contains(floor)) ++floor;
        return floor;
    }
    void append(const Bodies& bodies) {
        for (const std::string& body : bodies) records.emplace(end(), body);
    }
    void settle(OffsetRange range, Outcome outcome) {
        for (int64_t i = std::max(range.begin.value, start); i < std::min(range.end.value, end());
             ++i) {
            settled.emplace(i, outcome);
            returned.erase(i);
        }
        if (floor() >= purged_below) start = std::max(start, purged_below);
    }
    void purge(OffsetRange range) {
        purged_below = std::max(purged_below, std::min(range.end.value, end()));
        settle(range, Outcome::purged);
    }
};

struct Model {
    std::map<LogId, LogModel> logs;
    std::map<CatalogueKey, std::string> definitions;
};

class EngineModelRun {
public:
    explicit EngineModelRun(uint64_t seed) : rng_(seed) { reopen(); }

    void step() {
        switch (rng_.below(40)) {
            case 0:
                return create();
            case 1:
                return rng_.one_in(4) ? remove() : create();
            case 2:
                return must(engine_->checkpoint());
            case 3:
                return rng_.one_in(3) ? crash() : reopen();
            case 4:
                home_.clock.advance(std::chrono::seconds(rng_.below(100)));
                return;
            default:
                break;
        }
        Transaction transaction;
        const uint64_t changes = 1 + rng_.below(4);
        for (uint64_t i = 0; i < changes; ++i) add_change(transaction);
        must(engine_->commit_and_wait(std::move(transaction)));
    }

    void check() {
        ASSERT_EQ(engine_->logs().size(), model_.logs.size());
        for (auto& [id, log] : model_.logs) {
            const LogRef handle = engine_->find_log(id);
            ASSERT_NE(handle, nullptr);
            ASSERT_NO_FATAL_FAILURE(check_log(*handle, log));
        }
        std::map<CatalogueKey, std::string> definitions;
        engine_->for_each_definition(
            [&](const CatalogueKey& key, ByteView value) { definitions[key] = value; });
        ASSERT_EQ(definitions, model_.definitions);
    }

    void reopen() {
        if (engine_) must(engine_->close());
        engine_ = must(home_.open());
    }

    void crash() {
        disk_->cut_power();
        auto image =
            disk_->after_crash(rng_.one_in(2) ? Survival::nothing : Survival::random, rng_);
        engine_.reset();
        disk_ = std::move(image);
        home_.restart(*disk_);
        engine_ = must(home_.open());
    }

private:
    // As EngineHome, but the disk changes with each power cut.
    struct Home {
        explicit Home(FileSystem& disk) : files(&disk) {}
        void restart(FileSystem& disk) { files = &disk; }
        Result<std::unique_ptr<Engine>> open() {
            return Engine::open({.files = *files, .clock = clock, .rng = ids},
                                EngineHome::kDirectory,
                                small_engine());
        }
        FileSystem* files;
        ManualClock clock;
        SeededRng ids{7};
    };

    void create() {
        if (model_.logs.size() >= 5) return;
        const RetentionPolicy retention{.bytes = rng_.below(3) * 2_KiB,
                                        .age = std::chrono::seconds(200)};
        const LogRef log = must(create_log(*engine_, retention));
        model_.logs[log->id()].retention = retention;
    }

    void remove() {
        const LogRef log = any_log();
        if (!log) return;
        must(delete_log(*engine_, log));
        model_.logs.erase(log->id());
    }

    LogRef any_log() {
        if (model_.logs.empty()) return nullptr;
        return engine_->find_log(
            std::next(model_.logs.begin(), static_cast<int64_t>(rng_.below(model_.logs.size())))
                ->first);
    }

    OffsetRange any_range(const LogModel& log) {
        const int64_t begin = log.floor() + static_cast<int64_t>(rng_.below(8));
        return {{begin},
                {std::min(log.end(),
                          begin + 1 + static_cast<int64_t>(rng_.below(rng_.one_in(5) ? 40 : 4)))}};
    }

    void add_append(Transaction& transaction, const LogRef& log) {
        Bodies bodies;
        for (uint64_t i = 0; i <= rng_.below(3); ++i) {
            bodies.push_back(std::to_string(body_++) +
                             std::string(rng_.below(rng_.one_in(10) ? 3000 : 300), 'b'));
        }
        transaction.append(log, batch_of(bodies, home_.clock.now()));
        model_.logs[log->id()].append(bodies);
    }

    void add_change(Transaction& transaction) {
        const LogRef log = any_log();
        if (!log) return;
        LogModel& model = model_.logs[log->id()];
        const OffsetRange range = any_range(model);
        switch (rng_.below(12)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
                return add_append(transaction, log);
            case 5:
                if (!rng_.one_in(4) || range.empty()) return;
                transaction.purge(log, range);
                return model.purge(range);
            case 6:
                if (range.empty() || model.settled.contains(range.begin.value)) return;
                transaction.mark_returned(log, range.begin, 1 + static_cast<uint32_t>(body_));
                model.returned[range.begin.value] = 1 + static_cast<uint32_t>(body_);
                return;
            case 7:
                transaction.mark_delivered(log, kQueueCursor, range.begin);
                model.delivered_below = range.begin.value;
                return;
            case 8: {
                const CatalogueKey key{1, std::to_string(rng_.below(5))};
                if (rng_.one_in(3)) {
                    transaction.erase(key);
                    model_.definitions.erase(key);
                } else {
                    model_.definitions[key] = std::to_string(body_);
                    transaction.put(key, std::to_string(body_));
                }
                return;
            }
            default: {
                const auto outcome = static_cast<Outcome>(1 + rng_.below(6));
                transaction.settle(log, kQueueCursor, range, outcome);
                return model.settle(range, outcome);
            }
        }
    }

    void check_log(const Log& log, LogModel& model) {
        const OffsetRange range = log.range();
        ASSERT_EQ(range.end.value, model.end());
        // Retention moves the start, but only over what is settled.
        ASSERT_GE(range.begin.value, model.start);
        ASSERT_LE(range.begin.value, model.floor());
        model.start = range.begin.value;
        ASSERT_EQ(log.retention(), model.retention);

        std::map<Offset, std::string> expected;
        std::vector<int64_t> waiting;
        std::map<Offset, uint32_t> returned;
        for (int64_t i = model.start; i < model.end(); ++i) {
            expected[{i}] = model.records[i];
            const auto settled = model.settled.find(i);
            const bool is_settled = settled != model.settled.end();
            if (!is_settled) waiting.push_back(i);
            ASSERT_EQ(log.outcome({i}), is_settled ? std::optional(settled->second) : std::nullopt)
                << i;
        }
        for (const auto& [offset, count] : model.returned) returned[{offset}] = count;
        ASSERT_EQ(must(read_all(log)), expected);
        ASSERT_EQ(unsettled(log), waiting);
        ASSERT_EQ(log.cursor(kQueueCursor)->returned, returned);
        ASSERT_EQ(log.cursor(kQueueCursor)->delivered_below.value, model.delivered_below);
    }

    SeededRng rng_;
    std::unique_ptr<FaultyFileSystem> disk_ = std::make_unique<FaultyFileSystem>();
    Home home_{*disk_};
    std::unique_ptr<Engine> engine_;
    Model model_;
    uint64_t body_ = 0;
};

// P2, P4, P6.
TEST(EngineModel, AnythingThatHappensIsWhatWasAskedFor) {
    const uint64_t seed = number_from("VARVE_SEED", std::random_device{}());
    const uint64_t steps = number_from("VARVE_STEPS", 3000);
    SCOPED_TRACE("VARVE_SEED=" + std::to_string(seed) + " VARVE_STEPS=" + std::to_string(steps));
    EngineModelRun run(seed);
    for (uint64_t step = 0; step < steps; ++step) {
        SCOPED_TRACE("step " + std::to_string(step));
        run.step();
        if (step % 8 != 0) continue;
        ASSERT_NO_FATAL_FAILURE(run.check());
    }
    run.crash();
    ASSERT_NO_FATAL_FAILURE(run.check());
}

}  // namespace
}  // namespace varve
