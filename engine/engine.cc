#include "engine/engine.h"

#include "engine/committer.h"
#include "engine/disk_watch.h"
#include "engine/recovery.h"
#include "engine/upkeep.h"

#include <future>
#include <optional>

namespace varve {

struct Engine::Impl {
    Impl(const EngineEnvironment& environment_in,
         const EngineOptions& options_in,
         Recovered recovered_in)
        : environment(environment_in),
          options(options_in),
          recovered(std::move(recovered_in)),
          disk(options.disk_free_limit),
          committer(std::in_place,
                    CommitterParts{.journal = *recovered.journal,
                                   .state = *recovered.state,
                                   .clock = environment.clock,
                                   .disk = disk,
                                   .options = options},
                    recovered.start),
          upkeep(std::in_place,
                 UpkeepParts{.files = environment.files,
                             .clock = environment.clock,
                             .directory = recovered.directory.path(),
                             .store = *recovered.store,
                             .committer = *committer,
                             .disk = disk,
                             .options = options}) {}

    Result<void> close();

    const EngineEnvironment environment;
    const EngineOptions options;
    Recovered recovered;
    DiskWatch disk;
    std::optional<Committer> committer;
    std::optional<Upkeep> upkeep;
    bool closed = false;
    mutable Mutex
        parts_mutex;  // engine.parts: stats() may look on while close() takes the parts away
};

// Newest first: whatever uses a part has ended before the part goes.
Result<void> Engine::Impl::close() {
    if (closed) return ok();
    closed = true;
    auto finished = committer->finish();
    committer->stop();
    upkeep.reset();
    recovered.reader->shut();
    const MutexLock lock(parts_mutex);
    recovered.journal.reset();
    recovered.store.reset();
    recovered.directory.release();
    return finished;
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Engine>> Engine::open(const EngineEnvironment& environment,
                                             const Path& directory,
                                             const EngineOptions& options) {
    VARVE_TRY(Recovered recovered, recover(environment, directory, options));
    return std::unique_ptr<Engine>(
        new Engine(std::make_unique<Impl>(environment, options, std::move(recovered))));
}

Engine::~Engine() { discard(impl_->close(), "nobody is left to be told; close() tells"); }

Result<void> Engine::close() { return impl_->close(); }

const RecoveryReport& Engine::recovery() const { return impl_->recovered.report; }

void Engine::for_each_definition(
    const std::function<void(const CatalogueKey&, ByteView value)>& visit) const {
    impl_->recovered.state->catalogue().for_each(visit);
}

LogRef Engine::make_log(RetentionPolicy retention) {
    return impl_->recovered.state->make_log({random_id(impl_->environment.rng)}, retention);
}

LogRef Engine::find_log(LogId id) const { return impl_->recovered.state->find(id); }

std::vector<LogRef> Engine::logs() const { return impl_->recovered.state->logs(); }

void Engine::commit(Transaction transaction, Completion completion, Haste haste) {
    if (!completion) haste = Haste::soon;
    impl_->committer->commit({std::move(transaction), std::move(completion), haste});
}

Result<CommitReceipt> Engine::commit_and_wait(Transaction transaction) {
    std::promise<Result<CommitReceipt>> done;
    commit(std::move(transaction),
           [&done](Result<CommitReceipt> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
}

Bytes Engine::bytes_in_flight() const { return impl_->committer->bytes_in_flight(); }

Result<void> Engine::checkpoint() { return impl_->committer->checkpoint(); }

EngineStats Engine::stats() const {
    const CommitterStats committer = impl_->committer->stats();
    EngineStats stats{.frames = committer.frames,
                      .transactions = committer.transactions,
                      .journal_bytes = committer.journal_bytes,
                      .checkpoints = impl_->committer->handoff().written_count(),
                      .sync_time = committer.sync_time,
                      .disk = impl_->disk.state(),
                      .disk_free = impl_->disk.free()};
    for (const LogRef& log : logs()) stats.memory_tail += LogState::of(*log).tail_size();
    const MutexLock lock(impl_->parts_mutex);
    if (impl_->recovered.journal)
        stats.journal_bytes_on_disk = impl_->recovered.journal->bytes_on_disk();
    if (impl_->recovered.store) {
        const StoreStats store = impl_->recovered.store->stats();
        stats.store_bytes_on_disk = store.bytes_on_disk;
        stats.store_bytes_written = store.bytes_flushed + store.bytes_compacted;
    }
    return stats;
}

void Engine::on_failure(std::function<void(const Error&)> handler) {
    impl_->committer->on_failure(std::move(handler));
}

void Engine::on_disk_state(std::function<void(DiskState, Bytes free)> handler) {
    impl_->disk.on_change(std::move(handler));
    impl_->committer->wake();
}

}  // namespace varve
