// Whole AMQP sessions against lists in memory: random sequences of what clients may and may not do,
// over restarts of the broker. VARVE_SEED=n repeats one sequence, VARVE_STEPS=n sets the length,
// VARVE_RUNS=n plays so many with seeds by chance,
// VARVE_STORY=1 tells what is done.
#include "tests/model/amqp/model_run.h"
#include "tests/model/amqp/shrink.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace varve::model {
namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
    const char* const given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
    return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

constexpr std::chrono::seconds kPatience(10);     // of a machine with much else to do
constexpr std::chrono::milliseconds kHaste(200);  // when it is known that something goes wrong

// Fails with the shortest sequence that still goes wrong.
void play(uint64_t seed, size_t steps) {
    const auto operations = random_operations(seed, steps);
    ModelRun first(kPatience);
    const std::string found = first.play(operations);
    if (number_from("VARVE_STORY", 0) != 0) std::printf("%s\n", first.story().c_str());
    if (found.empty()) return;
    const auto shortest =
        shrink(operations, number_from("VARVE_TRIES", 150), [](const auto& fewer) {
            return !ModelRun(kHaste).play(fewer).empty();
        });
    ModelRun last(kPatience);
    const std::string difference = last.play(shortest);
    ADD_FAILURE() << "VARVE_SEED=" << seed << " VARVE_STEPS=" << steps << "\n"
                  << last.story() << "\n"
                  << (difference.empty() ? "passes now; before:" + first.story() + "\n" + found
                                         : difference);
}

TEST(AmqpModel, WhateverClientsDoIsWhatSimpleListsSay) {
    const size_t steps = number_from("VARVE_STEPS", 120);
    if (const uint64_t seed = number_from("VARVE_SEED", 0)) return play(seed, steps);
    std::random_device chance;
    const uint64_t runs = number_from("VARVE_RUNS", 0);
    for (uint64_t i = 0; i < runs && !HasFailure(); ++i) play(chance(), steps);
    for (uint64_t seed = 1; runs == 0 && seed <= 12 && !HasFailure(); ++seed) play(seed, steps);
}

}  // namespace
}  // namespace varve::model
