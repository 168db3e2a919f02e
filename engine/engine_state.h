// Everything durable, as it is in memory: logs by id and definitions by key. One state per open
// engine.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/catalogue.h"
#include "engine/entry.h"
#include "engine/frozen_log.h"
#include "engine/log.h"
#include "engine/log_state.h"
#include "engine/store_reader.h"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace varve {

// What one checkpoint writes: the changes since the last one, as they were after the frame that
// ends at `applied`.
struct FrozenState {
    Position applied;
    std::vector<FrozenLog> logs;
    std::vector<LogId> deleted;
    std::vector<CatalogueRow> definitions;
};

// What retention lets go of one log.
struct ExpiredRecords {
    LogRef log;
    std::optional<Offset> start;  // everything below
    std::vector<OffsetRange> holes;
};

// Threading: changed by the committer's thread alone (and by recovery before there is one); find()
// and logs() are
//            Thread-safe, as is the catalogue's reading side.
class EngineState {
public:
    explicit EngineState(std::shared_ptr<StoreReader> store) : store_(std::move(store)) {}

    LogRef make_log(LogId id, RetentionPolicy retention) const;
    LogRef find(LogId id) const;
    std::vector<LogRef> logs() const;
    const Catalogue& catalogue() const { return catalogue_; }

    // Takes over rows of the store.
    void load_log(LogRef log);
    void load_definition(CatalogueKey key, std::string value) {
        catalogue_.load(std::move(key), std::move(value));
    }

    // Applies any entry but an append. `log` is the one it is about; found by its id where null.
    // What is about a log that does not exist (any more) is left out.
    void apply(const Entry& entry, const LogRef& log);
    Result<void> append(const LogRef& log, BatchRef batch, LogState::Gap gap);

    // What may go now of the logs changed since the last freeze, or of all.
    enum class Scope : uint8_t { changed, all };
    std::vector<ExpiredRecords> expired(TimePoint now, Scope scope, Bytes hole_size_min) const;

    // Takes everything that changed since the last freeze.
    FrozenState freeze(Position applied);

private:
    void create(const LogCreateEntry& entry, LogRef log);
    void remove(const LogRef& log);
    void touch(const LogRef& log);

    const std::shared_ptr<StoreReader> store_;
    Catalogue catalogue_;
    std::vector<LogRef> changed_;
    std::vector<LogId> deleted_;  // of those the store knows

    mutable Mutex mutex_;
    std::unordered_map<LogId, LogRef> logs_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
