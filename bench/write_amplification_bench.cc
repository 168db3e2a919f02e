// How many bytes reach the disk for each byte of the journal? Everything that is written counts:
// journal, files of the store, merges; not the zeros that the journal's very first files are filled
// with, once in their lives. Promised: below 1.2 when consumers keep up, and below 3 when
// everything waits.
#include "bench/counting_file_system.h"
#include "bench/workplace.h"
#include "engine/engine.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace varve {
namespace {

enum class Consumers : int64_t { none, keep_up };

// Records of 1 KiB to many queues, in commits of 128 KiB.
class Traffic {
public:
    Traffic(Engine& engine, int queue_count, RetentionPolicy retention, Consumers consumers)
        : engine_(engine), consumers_(consumers), next_(static_cast<size_t>(queue_count)) {
        Transaction creation;
        for (int i = 0; i < queue_count; ++i) {
            logs_.push_back(engine.make_log(retention));
            creation.create_log(logs_.back());
        }
        must(engine.commit_and_wait(std::move(creation)));
    }

    void run(Bytes journal_bytes) {
        const Bytes end = engine_.stats().journal_bytes + journal_bytes;
        while (engine_.stats().journal_bytes < end) commit();
    }

private:
    void commit() {
        constexpr int kRecords = 128;
        Transaction transaction;
        for (int i = 0; i < kRecords; ++i) {
            const size_t queue = turn_++ % logs_.size();
            Offset& next = next_[queue];
            builder_.add({.appended = system_clock().now(), .routing_key = "tasks", .body = body_});
            transaction.append(logs_[queue], builder_.seal());
            if (consumers_ == Consumers::keep_up && next > Offset{}) {
                transaction.settle(logs_[queue], kQueueCursor, {next + -1, next}, Outcome::acked);
            }
            next = next + 1;
        }
        must(engine_.commit_and_wait(std::move(transaction)));
    }

    Engine& engine_;
    const Consumers consumers_;
    std::vector<LogRef> logs_;
    std::vector<Offset> next_;  // by queue
    size_t turn_ = 0;
    const std::string body_ = std::string(1000, 'm');
    RecordBatchBuilder builder_;
};

void written_per_byte_of_journal(benchmark::State& state,
                                 int queue_count,
                                 RetentionPolicy retention,
                                 Consumers consumers) {
    constexpr Bytes kRound = 256_MiB;
    const Workplace workplace;
    CountingFileSystem files(posix_file_system());
    const auto engine = must(Engine::open({.files = files}, workplace.path() / "data", {}));
    Traffic traffic(*engine, queue_count, retention, consumers);
    traffic.run(kRound);
    must(engine->checkpoint());
    const Bytes written_before = files.written();
    const Bytes journal_before = engine->stats().journal_bytes;
    const Bytes store_before = engine->stats().store_bytes_written;
    for (auto _ : state) traffic.run(kRound);
    must(engine->checkpoint());
    const EngineStats stats = engine->stats();
    const auto journal = static_cast<double>(stats.journal_bytes - journal_before);
    state.counters["written_per_byte"] =
        static_cast<double>(files.written() - written_before) / journal;
    state.counters["of_it_store"] =
        static_cast<double>(stats.store_bytes_written - store_before) / journal;
    state.counters["store_MiB"] = static_cast<double>(stats.store_bytes_on_disk) / 1048576;
}
BENCHMARK_CAPTURE(
    written_per_byte_of_journal, one_queue_drained, 1, RetentionPolicy{}, Consumers::keep_up)
    ->Iterations(4)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(written_per_byte_of_journal,
                  a_thousand_queues_drained_without_retention,
                  1000,
                  RetentionPolicy{.bytes = 0},
                  Consumers::keep_up)
    ->Iterations(4)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(
    written_per_byte_of_journal, one_queue_backlog, 1, RetentionPolicy{}, Consumers::none)
    ->Iterations(8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(written_per_byte_of_journal,
                  a_thousand_queues_backlog,
                  1000,
                  RetentionPolicy{},
                  Consumers::none)
    ->Iterations(8)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace varve

BENCHMARK_MAIN();
