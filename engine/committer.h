// Gathers the transactions that wait, writes them as one frame, syncs, applies, completes.
#pragma once

#include "engine/arrivals.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/checkpoint_handoff.h"
#include "engine/disk_watch.h"
#include "engine/engine_state.h"
#include "engine/group_commit.h"
#include "engine/io/clock.h"
#include "engine/journal/journal.h"
#include "engine/options.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <optional>
#include <thread>

namespace varve {

// What the committer works with. Everything outlives it.
struct CommitterParts {
    Journal& journal;
    EngineState& state;
    Clock& clock;
    DiskWatch& disk;
    const EngineOptions& options;
};

// Where recovery left off.
struct CommitterStart {
    Position applied;            // of the state
    Position stored;             // of the store
    Bytes journal_unstored = 0;  // bytes between the two
};

struct CommitterStats {
    uint64_t frames = 0;
    uint64_t transactions = 0;
    Bytes journal_bytes = 0;
    std::chrono::nanoseconds sync_time{};
};

// One thread. While one frame is being synced the next transactions gather; there is no timer,
// but for those that nobody waits for (Arrivals).
// Between two frames it freezes the state for a checkpoint, which upkeep writes to the store.
//
// Bounds:    when a checkpoint is due before the one before it is written, commits wait for that.
// Threading: Thread-safe; finish() and stop() are called once each, in this order.
// Failure:   after a failed append or sync, or fail(), every commit answers with that error.
// `no_space` from the journal
//            is no failure: the frame is held and tried again until there is space.
class Committer {
public:
    Committer(const CommitterParts& parts, const CommitterStart& start);
    ~Committer();

    // Never blocks.
    void commit(PendingCommit commit);
    Bytes bytes_in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
    // Retention and a checkpoint of what is committed by now.
    Result<void> checkpoint() { return handoff_.request(); }
    CheckpointHandoff& handoff() { return handoff_; }
    // Retention on all logs, soon.
    void retire();
    // Looks for what is new: the disk's state, a checkpoint.
    void wake();

    // Nothing is confirmed from now on. The first reason counts, and goes to the handler.
    void fail(const Error& error);
    void on_failure(std::function<void(const Error&)> handler);

    // Answers `closed` to new transactions, finishes the accepted ones, checkpoints and marks the
    // clean stop. On a full disk it gives up instead of waiting: what was not confirmed is answered
    // `closed`.
    Result<void> finish();
    void stop();

    CommitterStats stats() const;

private:
    enum class Intake : uint8_t { open, refusing, stopping };

    void run();
    Intake gather(bool idle);
    void tend();
    bool blocked() const;
    void step(Intake intake);
    void commit_frame(std::optional<EngineState::Scope> retention);
    Result<Position> write();
    bool wait_for_space();
    void freeze();
    void reject_queue(const Error& error);
    std::optional<Error> failure() const;
    Result<CommitReceipt> commit_last(Transaction transaction);

    const CommitterParts parts_;
    CheckpointHandoff handoff_;
    std::atomic<Bytes> in_flight_ = 0;

    // The committer's thread alone:
    std::deque<PendingCommit> queue_;  // taken over, not in a frame yet
    GroupCommit group_;
    Position applied_;
    Position frozen_at_;
    Bytes journal_unfrozen_ = 0;
    bool boot_marked_ = false;
    bool failure_told_ = false;

    mutable Mutex mutex_;
    std::condition_variable work_;
    Arrivals waiting_ VARVE_GUARDED_BY(mutex_);
    Intake intake_ VARVE_GUARDED_BY(mutex_) = Intake::open;
    bool woken_ VARVE_GUARDED_BY(mutex_) = false;
    bool retire_ VARVE_GUARDED_BY(mutex_) = false;
    std::optional<Error> failure_ VARVE_GUARDED_BY(mutex_);
    std::function<void(const Error&)> failure_handler_ VARVE_GUARDED_BY(mutex_);
    CommitterStats stats_ VARVE_GUARDED_BY(mutex_);

    std::thread thread_;  // last: it uses everything above
};

}  // namespace varve
