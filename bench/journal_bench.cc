// What does the journal add to the disk? Commits/s of one frame with a sync each, beside the bare
// pwrite() and fdatasync() of as many bytes into a file written before. Both take turns in one run,
// in TMPDIR; `of_bare` is the journal's rate divided by the bare one. Promised: at least 0.6.
#include "bench/bare_file.h"
#include "bench/turns.h"
#include "bench/workplace.h"
#include "engine/io/clock.h"
#include "engine/journal/journal.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

namespace varve {
namespace {

constexpr Bytes kFileSize = BareFile::kSize;
constexpr size_t kPage = 4096;
constexpr int kTurn = 20;  // commits before the other one has its turn

void commit_beside_bare(benchmark::State& state) {
    const Workplace workplace;
    const auto payload_size = static_cast<size_t>(state.range(0));
    const std::string payload(payload_size, 'j');
    const ByteView piece = payload;
    const auto opened = must(Journal::open(posix_file_system(),
                                           system_clock(),
                                           system_rng(),
                                           workplace.path() / "journal",
                                           {.file_size = kFileSize},
                                           {},
                                           {}));
    Journal& journal = *opened.journal;
    BareFile bare(workplace.path() / "bare", (payload_size + 64 + kPage - 1) / kPage * kPage);
    const auto commit = [&] {
        const auto placed = must(journal.append(std::span(&piece, 1), 1));
        must(journal.sync());
        journal.recycle_before(placed.begin);
    };
    // Once through all of its files: from then on they are used again, as in a broker that has run
    // for a while.
    for (Bytes written = 0; written < 3 * kFileSize;
         written += std::max<Bytes>(payload_size, 64_KiB))
        commit();

    Turns journal_turns;
    Turns bare_turns;
    for (auto _ : state) {
        bare_turns.take(kTurn, [&] { bare.commit(); });
        state.SetIterationTime(journal_turns.take(kTurn, commit));
    }
    state.counters["journal_per_s"] = journal_turns.per_second();
    state.counters["bare_per_s"] = bare_turns.per_second();
    state.counters["of_bare"] = journal_turns.per_second() / bare_turns.per_second();
    state.counters["journal_p50_us"] = journal_turns.microseconds_at(0.5);
    state.counters["bare_p50_us"] = bare_turns.microseconds_at(0.5);
    state.counters["journal_p99_us"] = journal_turns.microseconds_at(0.99);
    state.counters["bare_p99_us"] = bare_turns.microseconds_at(0.99);
    state.SetBytesProcessed(static_cast<int64_t>(journal_turns.count() * payload_size));
}
BENCHMARK(commit_beside_bare)
    ->Arg(1 << 10)
    ->Arg(64 << 10)
    ->Arg(1 << 20)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// How long does a restart read the journal? Bytes/s of one pass over frames that the page cache
// holds.
void read_again(benchmark::State& state) {
    const Workplace workplace;
    const auto payload_size = static_cast<size_t>(state.range(0));
    const std::string payload(payload_size, 'j');
    const ByteView piece = payload;
    const Path directory = workplace.path() / "journal";
    {
        const auto opened = must(Journal::open(posix_file_system(),
                                               system_clock(),
                                               system_rng(),
                                               directory,
                                               {.file_size = kFileSize},
                                               {},
                                               {}));
        for (Bytes written = 0; written < 128_MiB; written += payload_size + 64) {
            must(opened.journal->append(std::span(&piece, 1), 1));
        }
        must(opened.journal->sync());
    }
    Bytes read = 0;
    for (auto _ : state) {
        read += must(scan_journal(posix_file_system(), directory, {}, [](const FrameView&) {
                    return ok();
                })).bytes;
    }
    state.SetBytesProcessed(static_cast<int64_t>(read));
}
BENCHMARK(read_again)->Arg(4000)->Arg(1 << 20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace varve

BENCHMARK_MAIN();
