// How long is a restart, and what does a backlog cost in memory? Ten million messages of 100 bytes
// wait in 1,000 queues when the process is killed. Promised: the next open takes less than a
// second, and neither process holds more than 300 MB.
#include "bench/workplace.h"
#include "engine/engine.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace varve {
namespace {

constexpr int kQueues = 1000;
constexpr int kMessagesPerQueue = 10'000;
constexpr int kMessagesPerCommit = 20;  // in each queue

// What a process of its own has to tell.
struct Findings {
    double open_ms = 0;
    double resident_mb = 0;
    double peak_mb = 0;
    int64_t waiting = 0;
    double replayed_mb = 0;
};

double status_mb(const std::string& field) {
    std::ifstream status("/proc/self/status");
    std::string name;
    double kib = 0;
    while (status >> name) {
        if (name == field && status >> kib) break;
    }
    return kib * 1024 / 1e6;
}

// As if killed: nothing is closed.
[[noreturn]] void report_and_die(const Findings& findings, int pipe) {
    VARVE_CHECK(::write(pipe, &findings, sizeof findings) == sizeof findings);
    ::_exit(9);
}

[[noreturn]] void fill(const Path& directory, int pipe) {
    const auto engine = must(Engine::open({}, directory, {}));
    std::vector<LogRef> logs;
    Transaction creation;
    for (int i = 0; i < kQueues; ++i) {
        logs.push_back(engine->make_log({}));
        creation.create_log(logs.back());
    }
    must(engine->commit_and_wait(std::move(creation)));
    const std::string body(100, 'm');
    RecordBatchBuilder builder;
    for (int done = 0; done < kMessagesPerQueue; done += kMessagesPerCommit) {
        Transaction transaction;
        for (const LogRef& log : logs) {
            for (int i = 0; i < kMessagesPerCommit; ++i) {
                builder.add(
                    {.appended = system_clock().now(), .routing_key = "tasks", .body = body});
            }
            transaction.append(log, builder.seal());
        }
        must(engine->commit_and_wait(std::move(transaction)));
    }
    report_and_die({.resident_mb = status_mb("VmRSS:"), .peak_mb = status_mb("VmHWM:")}, pipe);
}

[[noreturn]] void reopen(const Path& directory, int pipe) {
    const auto began = std::chrono::steady_clock::now();
    const auto engine = must(Engine::open({}, directory, {}));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    Findings findings{.open_ms = took.count(),
                      .resident_mb = status_mb("VmRSS:"),
                      .peak_mb = status_mb("VmHWM:"),
                      .replayed_mb = static_cast<double>(engine->recovery().journal_read) / 1e6};
    for (const LogRef& log : engine->logs()) findings.waiting += log->range().count();
    report_and_die(findings, pipe);
}

Findings in_its_own_process(void (*work)(const Path&, int), const Path& directory) {
    int ends[2];
    VARVE_CHECK(::pipe(ends) == 0);
    const pid_t child = ::fork();
    VARVE_CHECK(child >= 0);
    if (child == 0) work(directory, ends[1]);
    ::close(ends[1]);
    Findings findings;
    VARVE_CHECK(::read(ends[0], &findings, sizeof findings) == sizeof findings);
    ::close(ends[0]);
    int status = 0;
    VARVE_CHECK(::waitpid(child, &status, 0) == child);
    return findings;
}

void open_after_a_kill(benchmark::State& state) {
    const Workplace workplace;
    const Path directory = workplace.path() / "data";
    const Findings filled = in_its_own_process(fill, directory);
    Findings opened;
    for (auto _ : state) {
        opened = in_its_own_process(reopen, directory);
        VARVE_CHECK(opened.waiting == int64_t{kQueues} * kMessagesPerQueue);
        state.SetIterationTime(opened.open_ms / 1000);
    }
    state.counters["replayed_MB"] = opened.replayed_mb;
    state.counters["resident_MB_filled"] = filled.resident_mb;
    state.counters["peak_MB_filled"] = filled.peak_mb;
    state.counters["resident_MB_opened"] = opened.resident_mb;
    state.counters["peak_MB_opened"] = opened.peak_mb;
}
BENCHMARK(open_after_a_kill)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace varve

BENCHMARK_MAIN();
