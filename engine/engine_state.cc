#include "engine/engine_state.h"

#include <algorithm>

namespace varve {

LogRef EngineState::make_log(LogId id, RetentionPolicy retention) const {
    return LogState::make(id, retention, store_);
}

LogRef EngineState::find(LogId id) const {
    const MutexLock lock(mutex_);
    const auto at = logs_.find(id);
    return at == logs_.end() ? nullptr : at->second;
}

std::vector<LogRef> EngineState::logs() const {
    const MutexLock lock(mutex_);
    std::vector<LogRef> logs;
    logs.reserve(logs_.size());
    for (const auto& [id, log] : logs_) logs.push_back(log);
    return logs;
}

void EngineState::load_log(LogRef log) {
    const MutexLock lock(mutex_);
    const LogId id = log->id();
    logs_.insert_or_assign(id, std::move(log));
}

void EngineState::apply(const Entry& entry, const LogRef& log) {
    if (const auto* put = std::get_if<PutEntry>(&entry)) {
        catalogue_.put({put->kind, std::string(put->id)}, std::string(put->value));
        return;
    }
    if (const auto* erase = std::get_if<EraseEntry>(&entry)) {
        catalogue_.erase({erase->kind, std::string(erase->id)});
        return;
    }
    const LogId* const id = log_of(entry);
    if (id == nullptr) return;
    const LogRef known = log ? log : find(*id);
    if (const auto* create_entry = std::get_if<LogCreateEntry>(&entry))
        return create(*create_entry, known);
    if (!known) return;
    std::visit(
        [&](const auto& e) {
            if constexpr (requires(LogState & state) { state.apply(e); })
                LogState::of(*known).apply(e);
        },
        entry);
    if (std::holds_alternative<LogDeleteEntry>(entry)) return remove(known);
    touch(known);
}

Result<void> EngineState::append(const LogRef& log, BatchRef batch, LogState::Gap gap) {
    VARVE_TRY(LogState::of(*log).append(std::move(batch), gap));
    touch(log);
    return ok();
}

void EngineState::create(const LogCreateEntry& entry, LogRef log) {
    if (!log) log = make_log(entry.log, entry.retention);
    LogState& state = LogState::of(*log);
    if (state.deleted()) return;
    state.apply(LogRetentionEntry{entry.log, entry.retention});
    state.sequence().life = LogState::Life::live;
    load_log(log);
    touch(log);
}

void EngineState::remove(const LogRef& log) {
    if (LogState::of(*log).sequence().stored) deleted_.push_back(log->id());
    const MutexLock lock(mutex_);
    logs_.erase(log->id());
}

void EngineState::touch(const LogRef& log) {
    bool& dirty = LogState::of(*log).sequence().dirty;
    if (dirty) return;
    dirty = true;
    changed_.push_back(log);
}

std::vector<ExpiredRecords> EngineState::expired(TimePoint now,
                                                 Scope scope,
                                                 Bytes hole_size_min) const {
    std::vector<ExpiredRecords> expired;
    for (const LogRef& log : scope == Scope::changed ? changed_ : logs()) {
        const LogState& state = LogState::of(*log);
        RetentionVerdict verdict = state.retention_verdict(now, hole_size_min);
        if (!verdict.start && verdict.holes.empty()) continue;
        expired.push_back({log, verdict.start, std::move(verdict.holes)});
    }
    return expired;
}

FrozenState EngineState::freeze(Position applied) {
    FrozenState frozen{.applied = applied};
    frozen.logs.reserve(changed_.size());
    for (const LogRef& log : std::exchange(changed_, {})) {
        if (!log->deleted()) frozen.logs.push_back(LogState::of(*log).freeze(log));
    }
    // The store takes batches in the order of its keys.
    std::ranges::sort(frozen.logs, {}, [](const FrozenLog& log) { return log.log->id(); });
    frozen.deleted = std::exchange(deleted_, {});
    frozen.definitions = catalogue_.take_dirty();
    return frozen;
}

}  // namespace varve
