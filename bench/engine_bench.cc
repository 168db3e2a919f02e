// What does the engine add to the disk, and what does a message cost in it?
// A commit is one transaction that is waited for; bare is pwrite() and fdatasync() of as many bytes
// as the engine's frame takes, into a file written before. Both take turns, in TMPDIR. Promised:
// `of_bare`, the engine's rate divided by the bare one, is at least 0.6, and a message costs at
// most 6.5 us of CPU in the worst case, which is one of 100 bytes in each of 1,000 queues.
#include "bench/bare_file.h"
#include "bench/turns.h"
#include "bench/workplace.h"
#include "engine/engine.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <ctime>
#include <malloc.h>
#include <string>
#include <vector>

namespace varve {
namespace {

constexpr size_t kPage = 4096;
constexpr int kTurn = 20;  // commits before the other one has its turn

double process_cpu_seconds() {
    timespec time{};
    VARVE_CHECK(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::vector<LogRef> make_logs(Engine& engine, int count, const RetentionPolicy& retention) {
    std::vector<LogRef> logs;
    Transaction creation;
    for (int i = 0; i < count; ++i) {
        logs.push_back(engine.make_log(retention));
        creation.create_log(logs.back());
    }
    must(engine.commit_and_wait(std::move(creation)));
    return logs;
}

// One queue whose consumer keeps up: each commit brings the acknowledgements of the one before.
class Traffic {
public:
    Traffic(Engine& engine, LogRef log, size_t commit_size)
        : engine_(engine),
          log_(std::move(log)),
          record_count_((commit_size + 1_KiB - 1) / 1_KiB),
          body_(commit_size / record_count_ - kOverhead, 'm') {}

    void commit() {
        const TimePoint now = system_clock().now();
        for (size_t i = 0; i < record_count_; ++i)
            builder_.add({.appended = now, .routing_key = "tasks", .body = body_});
        Transaction transaction;
        transaction.append(log_, builder_.seal());
        transaction.settle(log_, kQueueCursor, last_, Outcome::acked);
        last_ = must(engine_.commit_and_wait(std::move(transaction))).appends[0].batch->range();
    }

    // Acknowledges the rest: one message left behind would keep all that follow it in the log.
    void drain() {
        Transaction transaction;
        transaction.settle(log_, kQueueCursor, last_, Outcome::acked);
        must(engine_.commit_and_wait(std::move(transaction)));
    }

private:
    static constexpr size_t kOverhead = 40;  // of a record: lengths, times and the routing key

    Engine& engine_;
    const LogRef log_;
    const size_t record_count_;
    const std::string body_;
    RecordBatchBuilder builder_;
    OffsetRange last_;
};

void commit_beside_bare(benchmark::State& state) {
    const Workplace workplace;
    const auto commit_size = static_cast<size_t>(state.range(0));
    const auto engine = must(Engine::open({}, workplace.path() / "data", {}));
    const LogRef log = make_logs(*engine, 1, {}).front();
    BareFile bare(workplace.path() / "bare", (commit_size + kPage - 1) / kPage * kPage);
    // Once through all of the journal's files: from then on they are used again, as in a broker
    // that has run for a while.
    Traffic warm_up(*engine, log, 1_MiB);
    while (engine->stats().journal_bytes < 4 * BareFile::kSize) warm_up.commit();
    warm_up.drain();
    must(engine->checkpoint());
    Traffic traffic(*engine, log, commit_size);

    Turns engine_turns;
    Turns bare_turns;
    for (auto _ : state) {
        bare_turns.take(kTurn, [&] { bare.commit(); });
        state.SetIterationTime(engine_turns.take(kTurn, [&] { traffic.commit(); }));
    }
    state.counters["engine_per_s"] = engine_turns.per_second();
    state.counters["bare_per_s"] = bare_turns.per_second();
    state.counters["of_bare"] = engine_turns.per_second() / bare_turns.per_second();
    state.counters["engine_p50_us"] = engine_turns.microseconds_at(0.5);
    state.counters["bare_p50_us"] = bare_turns.microseconds_at(0.5);
    state.counters["engine_p99_us"] = engine_turns.microseconds_at(0.99);
    state.counters["bare_p99_us"] = bare_turns.microseconds_at(0.99);
}
BENCHMARK(commit_beside_bare)
    ->Arg(1 << 10)
    ->Arg(64 << 10)
    ->Arg(1 << 20)
    ->UseManualTime()
    ->MinTime(2)
    ->Unit(benchmark::kMillisecond);

// A consumer of a long backlog that works 200 us on each message and acknowledges it by itself.
// The acknowledgement has no time (0) or waits for company (1).
void acknowledge_one_by_one(benchmark::State& state) {
    using namespace std::chrono;
    const Haste haste = state.range(0) == 0 ? Haste::now : Haste::soon;
    const Workplace workplace;
    const auto engine = must(Engine::open({}, workplace.path() / "data", {}));
    const LogRef log = make_logs(*engine, 1, {}).front();
    Traffic(*engine, log, 16_MiB).commit();
    const EngineStats before = engine->stats();
    Offset next;
    for (auto _ : state) {
        const auto begin = steady_clock::now();
        while (steady_clock::now() - begin < 200us) benchmark::ClobberMemory();
        Transaction acknowledgement;
        acknowledgement.settle(log, kQueueCursor, {next, next + 1}, Outcome::acked);
        engine->commit(
            std::move(acknowledgement), [](const auto&) {}, haste);
        next = next + 1;
    }
    must(engine->commit_and_wait({}));
    const EngineStats after = engine->stats();
    const auto messages = static_cast<double>(state.iterations());
    state.counters["syncs_per_message"] =
        static_cast<double>(after.frames - before.frames) / messages;
    state.counters["bytes_per_message"] =
        static_cast<double>(after.journal_bytes - before.journal_bytes) / messages;
}
BENCHMARK(acknowledge_one_by_one)
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime()
    ->Iterations(10'000)
    ->Unit(benchmark::kMicrosecond);

// CPU time of the whole process, checkpoints included, for one message in each of 1,000 queues a
// commit. Acknowledged with the next commit (1), or left to wait (0).
void one_message_in_each_of_1000_queues(benchmark::State& state) {
    constexpr int kQueues = 1000;
    const bool drained = state.range(0) != 0;
    const Workplace workplace;
    const auto engine = must(Engine::open({}, workplace.path() / "data", {}));
    const auto logs = make_logs(*engine, kQueues, {});
    const std::string body(100, 'm');
    RecordBatchBuilder builder;
    Offset next;
    const double began = process_cpu_seconds();
    for (auto _ : state) {
        const TimePoint now = system_clock().now();
        Transaction transaction;
        for (const LogRef& log : logs) {
            builder.add({.appended = now, .routing_key = "tasks", .body = body});
            transaction.append(log, builder.seal());
            if (drained && next > Offset{})
                transaction.settle(log, kQueueCursor, {next + -1, next}, Outcome::acked);
        }
        must(engine->commit_and_wait(std::move(transaction)));
        next = next + 1;
    }
    must(engine->checkpoint());
    const double messages = static_cast<double>(state.iterations()) * kQueues;
    state.counters["cpu_us_per_message"] = (process_cpu_seconds() - began) / messages * 1e6;
    state.SetItemsProcessed(static_cast<int64_t>(messages));
}
BENCHMARK(one_message_in_each_of_1000_queues)
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime()
    ->MinTime(3)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace varve

int main(int argc, char** argv) {
    // As varved does (server/main.cc).
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
