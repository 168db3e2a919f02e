#include "engine/outcomes.h"

namespace varve {

Outcomes::Set& Outcomes::set_of(Outcome outcome) {
    return sets_.try_emplace(outcome, Set{.offsets = SettledSet(start_)}).first->second;
}

void Outcomes::mark(OffsetRange range, Outcome outcome) {
    if (outcome == Outcome::acked) return;
    Set& set = set_of(outcome);
    set.offsets.settle(range);
    set.dirty = true;
}

std::optional<Outcome> Outcomes::at(Offset offset) const {
    for (const auto& [outcome, set] : sets_) {
        if (set.offsets.contains(offset)) return outcome;
    }
    return std::nullopt;
}

void Outcomes::forget_below(Offset start) {
    start_ = std::max(start_, start);
    for (auto& [outcome, set] : sets_) {
        if (set.offsets.floor() >= start_) continue;
        set.offsets.settle_below(start_);
        set.dirty = true;
    }
}

std::vector<Outcomes::Rows> Outcomes::take_dirty() {
    std::vector<Rows> rows;
    for (auto& [outcome, set] : sets_) {
        if (!set.dirty) continue;
        set.dirty = false;
        rows.push_back({outcome, set.offsets.floor(), set.offsets.take_dirty()});
    }
    return rows;
}

void Outcomes::load_floor(Outcome outcome, Offset floor) {
    sets_.insert_or_assign(outcome, Set{.offsets = SettledSet(floor), .dirty = false});
}

Result<void> Outcomes::load_chunk(Outcome outcome, int64_t chunk, ByteView encoded) {
    return set_of(outcome).offsets.load_chunk(chunk, encoded);
}

}  // namespace varve
