// The front door of the engine: opens a data directory, owns journal and store, runs upkeep.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/io/clock.h"
#include "engine/io/file_system.h"
#include "engine/log.h"
#include "engine/options.h"
#include "engine/transaction.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// What the engine needs from the world. Everything outlives it.
struct EngineEnvironment {
    FileSystem& files = posix_file_system();
    Clock& clock = system_clock();
    Rng& rng = system_rng();
};

// What open() found and did, for a person to read.
struct RecoveryReport {
    bool clean_stop = false;
    uint64_t logs = 0;
    Bytes journal_read = 0;
    uint64_t frames_replayed = 0;
    Bytes bytes_cut = 0;  // of a torn frame that was never confirmed
    Path cut_file;
    uint64_t cut_offset = 0;
    std::chrono::milliseconds took{};
    std::vector<std::string>
        losses;  // only with accept_loss: what could not be read, place by place
};

enum class DiskState : uint8_t {
    good,
    low,   // below disk_free_limit: hold publishers, let consumers free space
    full,  // a commit waits for space right now
};

struct EngineStats {
    uint64_t frames = 0;
    uint64_t transactions = 0;
    Bytes journal_bytes = 0;  // written since open, padding included
    Bytes journal_bytes_on_disk = 0;
    Bytes store_bytes_on_disk = 0;
    Bytes store_bytes_written = 0;  // flushed and compacted since open
    Bytes memory_tail = 0;          // batches not yet in the store
    uint64_t checkpoints = 0;
    std::chrono::nanoseconds sync_time{};  // summed over all frames
    DiskState disk = DiskState::good;
    Bytes disk_free = 0;
};

// A durable set of logs and definitions in one directory.
//
// A transaction's completion runs after it is durable: a crash from then on loses nothing of it.
// Threading: Thread-safe. Completions and handlers run on the committer's thread.
// Lifetime:  handles (LogRef, BatchRef) outlive the engine harmlessly; reading from a log after
// close() is `closed`. Failure:   after a failed sync nothing is confirmed any more: every commit
// answers `io`, and on_failure is called
//            once. The program should end; the next open() recovers what was confirmed.
class Engine {
public:
    // Opens or creates the data directory. `busy` if another process has it, `newer_format`,
    // `corrupt` with the place.
    static Result<std::unique_ptr<Engine>> open(const EngineEnvironment& environment,
                                                const Path& directory,
                                                const EngineOptions& options);
    // Closes it, if close() was not called; errors are dropped then.
    ~Engine();

    // Refuses new transactions, finishes the accepted ones, checkpoints and releases the directory.
    Result<void> close();

    const RecoveryReport& recovery() const;

    // Definitions, as they are durable now, in key order.
    void for_each_definition(
        const std::function<void(const CatalogueKey&, ByteView value)>& visit) const;

    // A log with a new random id, for Transaction::create_log(). It is nothing until that is
    // durable.
    LogRef make_log(RetentionPolicy retention);
    // Durable logs. Null if there is no such log.
    LogRef find_log(LogId id) const;
    std::vector<LogRef> logs() const;

    // Hands the transaction over; never blocks. Transactions are committed in the order in which
    // they were handed over, whatever their haste. Without a completion nobody waits: that is
    // Haste::soon.
    void commit(Transaction transaction, Completion completion, Haste haste = Haste::now);
    // Commits and waits: for programs without an event loop.
    Result<CommitReceipt> commit_and_wait(Transaction transaction);
    // Bytes handed to commit() that are not durable yet: publishers should be held beyond some tens
    // of MiB.
    Bytes bytes_in_flight() const;

    // Retention, then a checkpoint; returns when both are done. The engine does so by itself: this
    // is for tests, backups and a quick restart.
    Result<void> checkpoint();

    EngineStats stats() const;

    // Called once, with the reason, when the engine cannot go on (failed sync, damaged store).
    void on_failure(std::function<void(const Error&)> handler);
    // Called when the disk state changes.
    void on_disk_state(std::function<void(DiskState, Bytes free)> handler);

private:
    struct Impl;
    explicit Engine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace varve
