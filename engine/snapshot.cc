#include "engine/snapshot.h"

#include "engine/replay.h"
#include "engine/store_load.h"

#include <algorithm>
#include <optional>

namespace varve {
namespace {

// Each failed attempt means that the broker finished a checkpoint or a merge while we read. It does
// so every few hundred milliseconds at most, and reading takes less than that.
constexpr int kAttemptsMax = 20;

}  // namespace

Snapshot::Snapshot(FileSystem& files, DataDirectory directory, OnDamage on_damage)
    : files_(files), directory_(std::move(directory)), on_damage_(on_damage) {}

Snapshot::~Snapshot() {
    if (reader_) reader_->shut();
}

Result<std::unique_ptr<Snapshot>> Snapshot::open(FileSystem& files,
                                                 const Path& directory,
                                                 OnDamage on_damage) {
    std::string last_failure;
    for (int attempt = 1;; ++attempt) {
        VARVE_TRY(auto data, DataDirectory::look_at(files, directory));
        std::unique_ptr<Snapshot> snapshot(new Snapshot(files, std::move(data), on_damage));
        const auto loaded = snapshot->load();
        const std::string failure = loaded ? snapshot->all_losses() : loaded.error().detail;
        // Files that a broker replaced under our eyes look like damage. Real damage is found in the
        // same place again.
        const bool final = !snapshot->in_use_ || failure == last_failure || attempt == kAttemptsMax;
        if (loaded && (failure.empty() || final)) return snapshot;
        if (!loaded && final) return snapshot->failure_of(loaded.error());
        last_failure = failure;
    }
}

Error Snapshot::failure_of(Error error) const {
    if (error.code != ErrorCode::not_found) return error;
    const auto journal = files_.list(directory_.journal());
    const bool is_new = journal && journal->empty();
    // The directory is there: what is missing in it was taken away.
    if (!is_new) return {ErrorCode::corrupt, std::move(error.detail)};
    return {ErrorCode::not_found,
            directory_.path().string() + ": varved has not stored anything yet"};
}

Result<std::unique_ptr<Store>> Snapshot::open_store() {
    const Path directory = directory_.store();
    auto store = Store::open(files_, directory, StoreOptions{}, StoreMode::read_only);
    if (store || on_damage_ == OnDamage::refuse || in_use_) return store;
    const ErrorCode code = store.error().code;
    if (code != ErrorCode::corrupt && code != ErrorCode::not_found) return store;
    auto rest = Store::open(files_, directory, StoreOptions{}, StoreMode::read_damaged);
    if (!rest) return store;
    losses_.push_back(store.error().detail);
    return rest;
}

Result<void> Snapshot::load() {
    VARVE_TRY(in_use_, files_.is_locked(directory_.lock()));
    VARVE_TRY(store_, open_store());
    reader_ = std::make_shared<StoreReader>(*store_);
    state_ = std::make_unique<EngineState>(reader_);
    // With files missing, what cannot be read now is what kept the store from opening.
    const auto damage = losses_.empty() ? std::nullopt : std::optional(losses_.front());
    const auto loaded =
        load_state(*store_, reader_, *state_, on_damage_ == OnDamage::skip ? &losses_ : nullptr);
    if (!loaded && damage) return Error{ErrorCode::corrupt, *damage};
    if (!loaded) return loaded;
    if (store_->in_use()) {
        const auto found = check_journal_exists(files_, directory_.journal());
        if (!found && on_damage_ == OnDamage::refuse) return found;
        if (!found) losses_.push_back(found.error().detail);
    }
    return read_journal(store_->applied());
}

Result<void> Snapshot::read_journal(Position from) {
    Replay replay(*state_, on_damage_ == OnDamage::skip ? &losses_ : nullptr);
    VARVE_TRY(tail_,
              scan_journal(
                  files_,
                  directory_.journal(),
                  from,
                  [&](const FrameView& frame) { return replay.apply(frame); },
                  on_damage_));
    return ok();
}

std::string Snapshot::all_losses() const {
    std::string all;
    for (const std::string& loss : losses_) all += loss + '\n';
    for (const std::string& loss : tail_.losses) all += loss + '\n';
    return all;
}

Result<void> Snapshot::advance() {
    VARVE_TRY(in_use_, files_.is_locked(directory_.lock()));
    const auto read = read_journal(std::max(tail_.end, store_->applied()));
    if (read) return ok();
    return Error{ErrorCode::busy, read.error().detail};
}

std::vector<LogRef> Snapshot::logs() const {
    std::vector<LogRef> logs = state_->logs();
    std::ranges::sort(logs, {}, [](const LogRef& log) { return log->id(); });
    return logs;
}

void Snapshot::for_each_definition(
    const std::function<void(const CatalogueKey&, ByteView value)>& visit) const {
    state_->catalogue().for_each(visit);
}

}  // namespace varve
