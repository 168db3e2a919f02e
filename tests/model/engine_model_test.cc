// The engine against maps in memory: random transactions, checkpoints, clean stops and power cuts.
// VARVE_SEED=n repeats a run; VARVE_STEPS=n sets its length.
#include "tests/support/engine_model.h"

#include "tests/support/faulty_file_system.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace varve {
namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
    const char* const given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
    return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

class EngineModelRun {
public:
    explicit EngineModelRun(uint64_t seed) : changes_(seed) { reopen(); }

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
                return commit(changes_.transaction(*engine_, model_, home_.clock.now()));
        }
    }

    std::string difference() const { return must(varve::difference(*engine_, model_)); }

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

    void commit(Transaction transaction) { must(engine_->commit_and_wait(std::move(transaction))); }
    void create() {
        if (model_.logs.size() < 5) commit(changes_.creation(*engine_, model_));
    }
    void remove() { commit(changes_.deletion(*engine_, model_)); }

    RandomChanges changes_;
    SeededRng& rng_ = changes_.rng();
    std::unique_ptr<FaultyFileSystem> disk_ = std::make_unique<FaultyFileSystem>();
    Home home_{*disk_};
    std::unique_ptr<Engine> engine_;
    EngineModel model_;
};

// P2, P4, P6.
TEST(EngineModel, AnythingThatHappensIsWhatWasAskedFor) {
    const uint64_t seed = number_from("VARVE_SEED", std::random_device{}());
    const uint64_t steps = number_from("VARVE_STEPS", 3000);
    SCOPED_TRACE("VARVE_SEED=" + std::to_string(seed) + " VARVE_STEPS=" + std::to_string(steps));
    EngineModelRun run(seed);
    for (uint64_t step = 0; step < steps; ++step) {
        run.step();
        if (step % 8 != 0) continue;
        ASSERT_EQ(run.difference(), "") << "step " << step;
    }
    run.crash();
    ASSERT_EQ(run.difference(), "");
}

}  // namespace
}  // namespace varve
