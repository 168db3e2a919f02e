// What a story of the crash tests did to one log, and what must be true of that log after the
// restart.
#pragma once

#include "tests/support/crash_points.h"
#include "tests/support/engines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace varve {

// Cuts the power at a sample of the story's events; then at a smaller one, and again at events of
// the recovery that follows.
template <typename History>
void cut_story_and_recovery(
    const std::function<void(FaultyFileSystem&, History&)>& story,
    const std::function<void(FaultyFileSystem&, const History&)>& promises) {
    for_each_crash_point<History>(story, promises, {.points_max = 70, .random_images = 2});
    if (testing::Test::HasFailure()) return;
    for_each_crash_point<History>(
        story, promises, {.points_max = 7, .random_images = 1, .second_points = 4});
}

using RecordMap = std::map<Offset, std::string>;

// What one writer did to one log. Everything is noted as attempted before the call and as confirmed
// after it.
struct LogHistory {
    std::optional<LogId> id;  // once an attempt was made to create it
    bool created = false;
    Bodies attempted;
    size_t confirmed = 0;  // of attempted; the offset of each is its index
    std::map<int64_t, Outcome> settle_attempted;
    std::set<int64_t> settled;

    LogRef create(Engine& engine, RetentionPolicy retention = {}) {
        LogRef log = engine.make_log(retention);
        id = log->id();
        or_stop(commit(engine, [&](Transaction& t) { t.create_log(log); }));
        created = true;
        return log;
    }
    void append(Engine& engine, const LogRef& log, const Bodies& bodies) {
        const auto base = static_cast<int64_t>(attempted.size());
        attempted.insert(attempted.end(), bodies.begin(), bodies.end());
        const OffsetRange range = or_stop(varve::append(engine, log, bodies));
        EXPECT_EQ(range.begin, Offset{base});
        confirmed = attempted.size();
    }
    void settle(Engine& engine,
                const LogRef& log,
                int64_t offset,
                Outcome outcome = Outcome::acked) {
        settle_attempted.emplace(offset, outcome);
        or_stop(varve::settle(engine, log, {{offset}, {offset + 1}}, outcome));
        settled.insert(offset);
    }
};

inline LogRef find(Engine& engine, const LogHistory& history) {
    return history.id ? engine.find_log(*history.id) : nullptr;
}

// What check_goes_on() appends.
inline constexpr ByteView kAfterwards = "afterwards";

// P1, P4: what was confirmed is there at its offset, and nothing is there that was never sent.
inline void check_records(const Log& log, const LogHistory& history) {
    const OffsetRange range = log.range();
    EXPECT_GE(range.end.value, static_cast<int64_t>(history.confirmed));
    const RecordMap records = or_stop(read_all(log));
    int64_t gone = 0;
    for (const OffsetRange& hole : log.holes())
        gone += hole.end - std::max(hole.begin, range.begin);
    EXPECT_EQ(static_cast<int64_t>(records.size()), range.count() - gone);
    for (const auto& [offset, body] : records) {
        const auto index = static_cast<size_t>(offset.value);
        // A recovery that was cut itself may have gone on before that.
        if (index >= history.confirmed && body == kAfterwards) continue;
        EXPECT_EQ(body, index < history.attempted.size() ? history.attempted[index] : "") << index;
    }
}

// P2: a record leaves by being settled only.
inline void check_settled(const Log& log, const LogHistory& history) {
    const auto waiting = unsettled(log);
    for (const int64_t offset : waiting) EXPECT_FALSE(history.settled.contains(offset)) << offset;
    const std::set<int64_t> set(waiting.begin(), waiting.end());
    for (int64_t offset = 0; offset < log.range().end.value; ++offset) {
        if (set.contains(offset)) continue;
        const auto attempt = history.settle_attempted.find(offset);
        if (attempt == history.settle_attempted.end()) {
            ADD_FAILURE() << "settled by nobody: " << offset;
        } else if (offset >= log.range().begin.value) {
            EXPECT_EQ(log.outcome({offset}), attempt->second) << offset;
        }
    }
}

// Offsets go on where they ended, whatever was lost (P4), and the recovered engine works.
inline void check_goes_on(Engine& engine, const LogRef& log) {
    const Offset end = log->range().end;
    EXPECT_EQ(or_stop(append(engine, log, {std::string(kAfterwards)})).begin, end);
    or_stop(engine.checkpoint());
    EXPECT_EQ(or_stop(read_all(*log)).at(end), kAfterwards);
}

}  // namespace varve
