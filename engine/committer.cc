#include "engine/committer.h"

#include "engine/base/check.h"

#include <future>
#include <utility>

namespace varve {
namespace {

// How often a frame that found no space is tried again.
constexpr std::chrono::milliseconds kSpaceRetry{50};

}  // namespace

Committer::Committer(const CommitterParts& parts, const CommitterStart& start)
    : parts_(parts),
      handoff_([this] { wake(); }),
      applied_(start.applied),
      frozen_at_(start.stored),
      journal_unfrozen_(start.journal_unstored),
      waiting_(parts.clock),
      thread_([this] { run(); }) {}

Committer::~Committer() {
    if (thread_.joinable()) stop();
}

void Committer::commit(PendingCommit commit) {
    Error refusal{ErrorCode::closed, "the engine is closed"};
    if (commit.transaction.size() > kTransactionSizeMax) {
        refusal = {ErrorCode::invalid_argument,
                   "a transaction of " + std::to_string(commit.transaction.size()) + " bytes"};
    } else {
        const MutexLock lock(mutex_);
        if (intake_ == Intake::open) {
            in_flight_.fetch_add(commit.transaction.size(), std::memory_order_relaxed);
            if (waiting_.add(std::move(commit))) work_.notify_one();
            return;
        }
    }
    if (commit.completion) commit.completion(refusal);
}

void Committer::retire() {
    const MutexLock lock(mutex_);
    retire_ = true;
    woken_ = true;
    work_.notify_one();
}

void Committer::wake() {
    const MutexLock lock(mutex_);
    woken_ = true;
    work_.notify_one();
}

void Committer::fail(const Error& error) {
    {
        const MutexLock lock(mutex_);
        if (!failure_) failure_ = error;
        woken_ = true;
        work_.notify_one();
    }
    handoff_.shut(error);
}

void Committer::on_failure(std::function<void(const Error&)> handler) {
    const MutexLock lock(mutex_);
    failure_handler_ = std::move(handler);
    woken_ = true;
    work_.notify_one();
}

Result<void> Committer::finish() {
    {
        const MutexLock lock(mutex_);
        intake_ = Intake::refusing;
    }
    VARVE_TRY(commit_last({}));
    VARVE_TRY(checkpoint());
    VARVE_TRY(commit_last(GroupCommit::boot_mark(BootEntry::Event::stopped)));
    return ok();
}

void Committer::stop() {
    {
        const MutexLock lock(mutex_);
        intake_ = Intake::stopping;
        woken_ = true;
        work_.notify_one();
    }
    thread_.join();
    handoff_.shut({ErrorCode::closed, "the engine is closed"});
}

CommitterStats Committer::stats() const {
    const MutexLock lock(mutex_);
    return stats_;
}

// Behind everything that was accepted.
Result<CommitReceipt> Committer::commit_last(Transaction transaction) {
    std::promise<Result<CommitReceipt>> done;
    {
        const MutexLock lock(mutex_);
        in_flight_.fetch_add(transaction.size(), std::memory_order_relaxed);
        const auto tell = [&done](Result<CommitReceipt> result) {
            done.set_value(std::move(result));
        };
        if (waiting_.add({std::move(transaction), tell})) work_.notify_one();
    }
    return done.get_future().get();
}

void Committer::run() {
    while (true) {
        const Intake intake = gather(queue_.empty() || blocked());
        tend();
        if (const auto error = failure()) {
            reject_queue(*error);
        } else {
            step(intake);
        }
        if (intake == Intake::stopping && queue_.empty()) return;
    }
}

// Sleeps while there is nothing to do, then takes over what waits.
Committer::Intake Committer::gather(bool idle) {
    MutexLock lock(mutex_);
    while (idle && !woken_) {
        const auto patience = waiting_.patience();
        if (!patience) {
            lock.wait(work_);
        } else if (patience->count() > 0) {
            lock.wait_for(work_, *patience);
        } else {
            break;
        }
    }
    woken_ = false;
    waiting_.move_to(queue_);
    return intake_;
}

// What upkeep did, and what others are to be told.
void Committer::tend() {
    if (const auto stored = handoff_.take_written()) parts_.journal.recycle_before(*stored);
    parts_.disk.report();
    std::function<void(const Error&)> handler;
    {
        const MutexLock lock(mutex_);
        if (!failure_ || failure_told_ || !failure_handler_) return;
        // Closing on a full disk is nobody's failure.
        if (failure_->code != ErrorCode::closed) handler = failure_handler_;
    }
    failure_told_ = true;
    if (handler) handler(*failure());
}

bool Committer::blocked() const {
    return !parts_.options.manual_upkeep && journal_unfrozen_ >= parts_.options.checkpoint_size &&
           handoff_.running() && !failure();
}

void Committer::step(Intake intake) {
    const bool due =
        !parts_.options.manual_upkeep && journal_unfrozen_ >= parts_.options.checkpoint_size;
    const bool checkpoint = (due || handoff_.requested()) && !handoff_.running();
    bool retire = false;
    {
        const MutexLock lock(mutex_);
        retire = std::exchange(retire_, false);
    }
    std::optional<EngineState::Scope> retention;
    if (checkpoint) retention = EngineState::Scope::changed;
    if (retire) retention = EngineState::Scope::all;
    // Closing is not held up: what is left was accepted already, and is bounded by that.
    if (!blocked() || intake != Intake::open) commit_frame(retention);
    if (checkpoint && !failure()) freeze();
}

void Committer::commit_frame(std::optional<EngineState::Scope> retention) {
    if (retention) {
        for (const ExpiredRecords& expired :
             parts_.state.expired(parts_.clock.now(), *retention, parts_.options.hole_size_min)) {
            group_.add_retention(expired);
        }
    }
    Bytes taken = 0;
    uint64_t transactions = 0;
    while (!queue_.empty()) {
        const Bytes size = queue_.front().transaction.size();
        if (transactions > 0 && taken + size > parts_.options.journal.frame_size_max) break;
        if (!boot_marked_ && size > 0)
            group_.add({GroupCommit::boot_mark(BootEntry::Event::started), {}});
        boot_marked_ = boot_marked_ || size > 0;
        group_.add(std::move(queue_.front()));
        queue_.pop_front();
        taken += size;
        ++transactions;
    }
    Result<Position> end = group_.entry_count() > 0 ? write() : applied_;
    in_flight_.fetch_sub(taken, std::memory_order_relaxed);
    if (end) {
        applied_ = *end;
        group_.apply(parts_.state);
        {
            const MutexLock lock(mutex_);
            stats_.transactions += transactions;
        }
        group_.complete(applied_);  // last: whoever hears of it finds it in the state and the stats
    } else {
        fail(end.error());
        group_.fail(*failure());  // the first reason counts
    }
    group_.clear();
}

// Answers where the frame ends, once it is durable.
Result<Position> Committer::write() {
    const auto pieces = group_.pieces();
    auto placement = parts_.journal.append(pieces, group_.entry_count());
    while (!placement && placement.error().code == ErrorCode::no_space) {
        if (!wait_for_space()) return Error{ErrorCode::closed, "closed while the disk was full"};
        placement = parts_.journal.append(pieces, group_.entry_count());
    }
    parts_.disk.set_full(false);
    if (!placement) return placement.error();
    const auto begin = parts_.clock.monotonic();
    VARVE_TRY(parts_.journal.sync());
    const Bytes size = placement->end - placement->begin;
    journal_unfrozen_ += size;
    const MutexLock lock(mutex_);
    stats_.sync_time += parts_.clock.monotonic() - begin;
    stats_.journal_bytes += size;
    ++stats_.frames;
    return placement->end;
}

// The frame in the making is held meanwhile: nothing of it was written. False when it is to be
// given up.
bool Committer::wait_for_space() {
    parts_.disk.set_full(true);
    // A checkpoint frees files of the journal.
    if (journal_unfrozen_ > 0 && !handoff_.running() &&
        (!parts_.options.manual_upkeep || handoff_.requested())) {
        freeze();
    }
    {
        MutexLock lock(mutex_);
        if (intake_ == Intake::open && !failure_ && !woken_) lock.wait_for(work_, kSpaceRetry);
        woken_ = false;
        if (intake_ != Intake::open || failure_) return false;
    }
    tend();
    return true;
}

void Committer::freeze() {
    if (applied_ == frozen_at_) return handoff_.nothing_to_do();
    handoff_.hand_over(parts_.state.freeze(applied_));
    frozen_at_ = applied_;
    journal_unfrozen_ = 0;
}

void Committer::reject_queue(const Error& error) {
    Bytes taken = 0;
    for (const PendingCommit& commit : queue_) taken += commit.transaction.size();
    in_flight_.fetch_sub(taken, std::memory_order_relaxed);
    for (PendingCommit& commit : queue_) {
        if (commit.completion) commit.completion(error);
    }
    queue_.clear();
}

std::optional<Error> Committer::failure() const {
    const MutexLock lock(mutex_);
    return failure_;
}

}  // namespace varve
