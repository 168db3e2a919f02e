// What does the journal add to the disk? Commits/s of one frame with a sync each, beside the bare
// pwrite() and fdatasync() of as many bytes into a file written before. Both take turns in one run,
// in TMPDIR; `of_bare` is the journal's rate divided by the bare one. Promised: at least 0.6.
#include "engine/io/clock.h"
#include "engine/journal/journal.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace varve {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Bytes kFileSize = 64_MiB;
constexpr size_t kPage = 4096;
constexpr int kTurn =
    20;  // commits before the other one has its turn: both see the disk in the same mood

class Workplace {
public:
    Workplace() {
        std::string name = (std::filesystem::temp_directory_path() / "varve-bench-XXXXXX").string();
        VARVE_CHECK(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Workplace() { std::filesystem::remove_all(path_); }
    Workplace(const Workplace&) = delete;
    Workplace& operator=(const Workplace&) = delete;
    const Path& path() const { return path_; }

private:
    Path path_;
};

// Around and around in one file that was written before: what the disk can do.
class BareFile {
public:
    BareFile(const Path& path, size_t write_size)
        : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
          bytes_(write_size, 'b') {
        VARVE_CHECK(descriptor_ >= 0);
        const std::string zeros(1_MiB, '\0');
        for (Bytes at = 0; at < kFileSize; at += zeros.size()) {
            VARVE_CHECK(::pwrite(descriptor_, zeros.data(), zeros.size(), static_cast<off_t>(at)) >
                        0);
        }
        VARVE_CHECK(::fsync(descriptor_) == 0);
    }
    ~BareFile() { ::close(descriptor_); }
    BareFile(const BareFile&) = delete;
    BareFile& operator=(const BareFile&) = delete;

    void commit() {
        if (at_ + bytes_.size() > kFileSize) at_ = 0;
        const ssize_t written =
            ::pwrite(descriptor_, bytes_.data(), bytes_.size(), static_cast<off_t>(at_));
        VARVE_CHECK(written == static_cast<ssize_t>(bytes_.size()));
        VARVE_CHECK(::fdatasync(descriptor_) == 0);
        at_ += bytes_.size();
    }

private:
    int descriptor_;
    std::string bytes_;
    Bytes at_ = 0;
};

template <typename Commit>
void take_turn(std::vector<double>& seconds, const Commit& commit) {
    for (int i = 0; i < kTurn; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        commit();
        seconds.push_back(Seconds(std::chrono::steady_clock::now() - begin).count());
    }
}

double sum(const std::vector<double>& seconds) {
    double total = 0;
    for (const double one : seconds) total += one;
    return total;
}

double microseconds_at(std::vector<double> seconds, double part) {
    const auto at = static_cast<ptrdiff_t>(part * static_cast<double>(seconds.size() - 1));
    std::nth_element(seconds.begin(), seconds.begin() + at, seconds.end());
    return seconds[static_cast<size_t>(at)] * 1e6;
}

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

    std::vector<double> journal_seconds;
    std::vector<double> bare_seconds;
    for (auto _ : state) {
        take_turn(bare_seconds, [&] { bare.commit(); });
        const auto before = journal_seconds.size();
        take_turn(journal_seconds, commit);
        state.SetIterationTime(
            sum({journal_seconds.begin() + static_cast<ptrdiff_t>(before), journal_seconds.end()}));
    }
    state.counters["journal_per_s"] =
        static_cast<double>(journal_seconds.size()) / sum(journal_seconds);
    state.counters["bare_per_s"] = static_cast<double>(bare_seconds.size()) / sum(bare_seconds);
    state.counters["of_bare"] = sum(bare_seconds) / sum(journal_seconds);
    state.counters["journal_p50_us"] = microseconds_at(journal_seconds, 0.5);
    state.counters["bare_p50_us"] = microseconds_at(bare_seconds, 0.5);
    state.counters["journal_p99_us"] = microseconds_at(journal_seconds, 0.99);
    state.counters["bare_p99_us"] = microseconds_at(bare_seconds, 0.99);
    state.SetBytesProcessed(static_cast<int64_t>(journal_seconds.size() * payload_size));
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
