// The engine's vocabulary as types: offsets, positions, times, sizes and identifiers.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

// Raw bytes borrowed from somebody: not text, not terminated, valid for the call unless said
// otherwise.
using ByteView = std::string_view;

// A size in bytes, for options and limits.
using Bytes = uint64_t;
constexpr Bytes operator""_KiB(unsigned long long n) { return n << 10; }
constexpr Bytes operator""_MiB(unsigned long long n) { return n << 20; }
constexpr Bytes operator""_GiB(unsigned long long n) { return n << 30; }

// Number of a record in one log. The first is 0; each next one is one higher; never reused
// (docs/durability.md, P4).
struct Offset {
    int64_t value = 0;
    auto operator<=>(const Offset&) const = default;
    friend constexpr Offset operator+(Offset offset, int64_t count) {
        return {offset.value + count};
    }
    friend constexpr int64_t operator-(Offset a, Offset b) { return a.value - b.value; }
};

// Offsets from `begin` up to, not including, `end`.
struct OffsetRange {
    Offset begin;
    Offset end;
    auto operator<=>(const OffsetRange&) const = default;
    constexpr int64_t count() const { return end - begin; }
    constexpr bool empty() const { return end <= begin; }
    constexpr bool contains(Offset offset) const { return begin <= offset && offset < end; }
};

// Byte in the journal, counted from its very first frame. Rises for ever, may have gaps, is never
// reused.
struct Position {
    uint64_t value = 0;
    auto operator<=>(const Position&) const = default;
    friend constexpr Position operator+(Position position, uint64_t bytes) {
        return {position.value + bytes};
    }
    friend constexpr uint64_t operator-(Position a, Position b) { return a.value - b.value; }
};

// Wall clock: milliseconds since 1970-01-01 UTC. For people and for time limits, never for
// ordering.
struct TimePoint {
    int64_t ms = 0;
    auto operator<=>(const TimePoint&) const = default;
    friend constexpr TimePoint operator+(TimePoint t, std::chrono::milliseconds d) {
        return {t.ms + d.count()};
    }
    friend constexpr std::chrono::milliseconds operator-(TimePoint a, TimePoint b) {
        return std::chrono::milliseconds(a.ms - b.ms);
    }
};

// A stable 128-bit identifier, drawn at random once and kept for ever. Printed as 32 hex digits.
struct Id128 {
    std::array<uint8_t, 16> bytes{};
    auto operator<=>(const Id128&) const = default;
    ByteView view() const;
    std::string hex() const;
    static std::optional<Id128> from_hex(std::string_view text);
    static Id128 from_view(ByteView sixteen_bytes);
};

// Names a log: the same for its whole life, also when a queue of the same name is deleted and
// declared again.
struct LogId : Id128 {
    auto operator<=>(const LogId&) const = default;
};

// Names a cursor within one log. Cursor 0 is the queue's own; every log has it.
struct CursorId {
    uint64_t value = 0;
    auto operator<=>(const CursorId&) const = default;
};
constexpr CursorId kQueueCursor{0};

}  // namespace varve

template <>
struct std::hash<varve::Id128> {
    // The bytes are random: any eight of them are a hash.
    size_t operator()(const varve::Id128& id) const noexcept;
};
template <>
struct std::hash<varve::LogId> : std::hash<varve::Id128> {};
