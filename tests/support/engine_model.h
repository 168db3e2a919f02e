// What an engine must hold, as maps in memory: obvious code to compare it with.
#pragma once

#include "engine/body_bytes.h"
#include "tests/support/engines.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>

namespace varve {

struct LogModel {
    std::map<int64_t, std::string> records;  // all there ever were
    std::map<int64_t, Outcome> settled;
    std::map<int64_t, uint32_t> returned;
    int64_t delivered_below = 0;
    int64_t purged_below = 0;
    int64_t start = 0;  // at least: retention may have moved it on, over what is settled
    RetentionPolicy retention;

    int64_t end() const { return static_cast<int64_t>(records.size()); }
    int64_t floor() const {
        int64_t floor = start;
        while (settled.contains(floor)) ++floor;
        return floor;
    }
    void append(const Bodies& bodies) {
        for (const std::string& body : bodies) records.emplace(end(), body);
    }
    void settle(OffsetRange range, Outcome outcome) {
        for (int64_t i = std::max(range.begin.value, start); i < std::min(range.end.value, end());
             ++i) {
            settled.emplace(i, outcome);
            returned.erase(i);
        }
        if (floor() >= purged_below) start = std::max(start, purged_below);
    }
    void purge(OffsetRange range) {
        purged_below = std::max(purged_below, std::min(range.end.value, end()));
        settle(range, Outcome::purged);
    }
};

struct EngineModel {
    std::map<LogId, LogModel> logs;
    std::map<CatalogueKey, std::string> definitions;
};

// What of the log is not as the model says; empty if nothing is. Errors of reading.
inline Result<std::string> difference(const Log& log, const LogModel& model) {
    const OffsetRange range = log.range();
    if (range.end.value != model.end())
        return "ends at " + std::to_string(range.end.value) + ", not at " +
               std::to_string(model.end());
    if (range.begin.value < model.start || range.begin.value > model.floor())
        return "begins at " + std::to_string(range.begin.value);
    if (log.retention() != model.retention) return std::string("retention");

    std::map<Offset, std::string> records;
    std::vector<int64_t> waiting;
    const auto holes = log.holes();
    for (int64_t i = range.begin.value; i < model.end(); ++i) {
        const bool gone =
            std::ranges::any_of(holes, [i](const OffsetRange& hole) { return hole.contains({i}); });
        if (gone && !model.settled.contains(i)) return "a hole at " + std::to_string(i);
        if (!gone) records[{i}] = model.records.at(i);
        const auto settled = model.settled.find(i);
        if (settled == model.settled.end()) waiting.push_back(i);
        const auto outcome =
            settled == model.settled.end() ? std::nullopt : std::optional(settled->second);
        if (log.outcome({i}) != outcome) return "the outcome of " + std::to_string(i);
    }
    std::map<Offset, uint32_t> returned;
    for (const auto& [offset, count] : model.returned) returned[{offset}] = count;
    VARVE_TRY(const auto found, read_all(log));
    if (found != records) return std::string("records");
    if (unsettled(log) != waiting) return std::string("what is settled");
    // By its ends, run by run, as a queue finds it after a restart.
    BodyBytes bytes(log);
    for (size_t i = 0, next = 0; i < waiting.size(); i = next) {
        Bytes sum = 0;
        for (next = i; next < waiting.size() && waiting[next] == waiting[i] + int64_t(next - i);
             ++next) {
            sum += model.records.at(waiting[next]).size();
        }
        VARVE_TRY(const Bytes found_sum, bytes.in({{waiting[i]}, {waiting[next - 1] + 1}}));
        if (found_sum != sum) return "bytes from " + std::to_string(waiting[i]);
    }
    const auto cursor = log.cursor(kQueueCursor);
    if (cursor->returned != returned) return std::string("delivery counts");
    if (cursor->delivered_below.value != model.delivered_below)
        return std::string("delivered mark");
    return std::string();
}

inline Result<std::string> difference(const Engine& engine, const EngineModel& model) {
    if (engine.logs().size() != model.logs.size())
        return std::to_string(engine.logs().size()) + " logs";
    for (const auto& [id, log] : model.logs) {
        const LogRef handle = engine.find_log(id);
        if (!handle) return "log " + id.hex() + " is missing";
        VARVE_TRY(const std::string other, difference(*handle, log));
        if (!other.empty()) return "log " + id.hex() + ": " + other;
    }
    std::map<CatalogueKey, std::string> definitions;
    engine.for_each_definition(
        [&](const CatalogueKey& key, ByteView value) { definitions[key] = value; });
    return definitions == model.definitions ? std::string() : "definitions";
}

// Thinks up transactions, and says in a model what they are to do.
class RandomChanges {
public:
    explicit RandomChanges(uint64_t seed) : rng_(seed) {}

    SeededRng& rng() { return rng_; }

    // One to four changes of any logs, as one transaction.
    Transaction transaction(const Engine& engine, EngineModel& model, TimePoint now) {
        Transaction transaction;
        const uint64_t changes = 1 + rng_.below(4);
        for (uint64_t i = 0; i < changes; ++i) add_change(transaction, engine, model, now);
        return transaction;
    }
    // A log, or its end.
    Transaction creation(Engine& engine, EngineModel& model) {
        Transaction transaction;
        const RetentionPolicy retention{.bytes = rng_.below(3) * 2_KiB,
                                        .age = std::chrono::seconds(200)};
        const LogRef log = engine.make_log(retention);
        transaction.create_log(log);
        model.logs[log->id()].retention = retention;
        return transaction;
    }
    Transaction deletion(const Engine& engine, EngineModel& model) {
        Transaction transaction;
        const LogRef log = any_log(engine, model);
        if (!log) return transaction;
        transaction.delete_log(log);
        model.logs.erase(log->id());
        return transaction;
    }

private:
    LogRef any_log(const Engine& engine, const EngineModel& model) {
        if (model.logs.empty()) return nullptr;
        const auto nth = static_cast<int64_t>(rng_.below(model.logs.size()));
        return engine.find_log(std::next(model.logs.begin(), nth)->first);
    }
    OffsetRange any_range(const LogModel& log) {
        const int64_t begin = log.floor() + static_cast<int64_t>(rng_.below(8));
        const int64_t count = 1 + static_cast<int64_t>(rng_.below(rng_.one_in(5) ? 40 : 4));
        return {{begin}, {std::min(log.end(), begin + count)}};
    }
    void add_change(Transaction& transaction,
                    const Engine& engine,
                    EngineModel& model,
                    TimePoint now) {
        const LogRef log = any_log(engine, model);
        if (!log) return;
        LogModel& of_log = model.logs[log->id()];
        const uint64_t kind = rng_.below(12);
        if (kind < 5) {
            const Bodies bodies = any_bodies();
            transaction.append(log, batch_of(bodies, now));
            of_log.append(bodies);
        } else if (kind < 7) {
            add_definition(transaction, model);
        } else {
            add_settling(transaction, log, of_log);
        }
    }
    Bodies any_bodies() {
        Bodies bodies;
        for (uint64_t i = 0; i <= rng_.below(3); ++i) {
            bodies.push_back(std::to_string(number_++) +
                             std::string(rng_.below(rng_.one_in(10) ? 3000 : 300), 'b'));
        }
        return bodies;
    }
    void add_definition(Transaction& transaction, EngineModel& model) {
        const CatalogueKey key{1, std::to_string(rng_.below(5))};
        if (rng_.one_in(3)) {
            transaction.erase(key);
            model.definitions.erase(key);
        } else {
            model.definitions[key] = std::to_string(number_);
            transaction.put(key, std::to_string(number_));
        }
    }
    void add_settling(Transaction& transaction, const LogRef& log, LogModel& model) {
        const OffsetRange range = any_range(model);
        const uint64_t kind = rng_.below(16);
        if (kind < 3) {
            transaction.mark_delivered(log, kQueueCursor, range.begin);
            model.delivered_below = range.begin.value;
        } else if (kind < 6) {
            if (range.empty() || model.settled.contains(range.begin.value)) return;
            const auto count = 1 + static_cast<uint32_t>(number_);
            transaction.mark_returned(log, range.begin, count);
            model.returned[range.begin.value] = count;
        } else if (kind == 6) {
            if (range.empty()) return;
            transaction.purge(log, range);
            model.purge(range);
        } else {
            const auto outcome = static_cast<Outcome>(1 + rng_.below(6));
            transaction.settle(log, kQueueCursor, range, outcome);
            model.settle(range, outcome);
        }
    }

    SeededRng rng_;
    uint64_t number_ = 0;
};

}  // namespace varve
