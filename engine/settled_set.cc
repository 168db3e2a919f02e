#include "engine/settled_set.h"

#include <algorithm>

namespace varve {
namespace {

int64_t chunk_of(Offset offset) { return offset.value / SettledSet::kChunkSize; }
uint32_t position_of(Offset offset) {
    return static_cast<uint32_t>(offset.value % SettledSet::kChunkSize);
}
Offset begin_of(int64_t chunk) { return {chunk * SettledSet::kChunkSize}; }

// The positions of `range` that lie in `chunk`; empty if none do.
struct Piece {
    uint32_t begin;
    uint32_t end;
    bool empty() const { return begin >= end; }
};
Piece piece_of(OffsetRange range, int64_t chunk) {
    const Offset first = begin_of(chunk);
    const int64_t begin = std::clamp<int64_t>(range.begin - first, 0, SettledSet::kChunkSize);
    const int64_t end = std::clamp<int64_t>(range.end - first, 0, SettledSet::kChunkSize);
    return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

}  // namespace

bool SettledSet::contains(Offset offset) const {
    if (offset < floor_) return true;
    const auto at = chunks_.find(chunk_of(offset));
    return at != chunks_.end() && at->second.positions.contains(position_of(offset));
}

int64_t SettledSet::count_in(OffsetRange range) const {
    if (range.empty()) return 0;
    int64_t count = 0;
    if (range.begin < floor_) {
        count = std::min(range.end, floor_) - range.begin;
        range.begin = floor_;
        if (range.empty()) return count;
    }
    for (auto at = chunks_.lower_bound(chunk_of(range.begin)); at != chunks_.end(); ++at) {
        const Piece piece = piece_of(range, at->first);
        if (piece.empty()) break;
        count += at->second.positions.count_in(piece.begin, piece.end);
    }
    return count;
}

int64_t SettledSet::settle(OffsetRange range) {
    range.begin = std::max(range.begin, floor_);
    if (range.empty()) return 0;
    if (range.begin == floor_) {
        const int64_t added = range.count() - count_in(range);
        raise_floor(range.end);
        return added;
    }
    int64_t added = 0;
    for (int64_t chunk = chunk_of(range.begin); begin_of(chunk) < range.end; ++chunk) {
        const Piece piece = piece_of(range, chunk);
        Entry& entry = chunks_[chunk];
        const uint32_t added_here = entry.positions.add(piece.begin, piece.end);
        entry.dirty = entry.dirty || added_here > 0;
        added += added_here;
    }
    count_above_floor_ += added;
    return added;
}

void SettledSet::settle_below(Offset floor) {
    if (floor > floor_) raise_floor(floor);
}

void SettledSet::raise_floor(Offset floor) {
    floor_ = floor;
    // Nothing is settled above the floor in an undisturbed queue: that is the whole work then.
    auto at = chunks_.begin();
    while (at != chunks_.end() && at->first <= chunk_of(floor_)) {
        if (at->first == chunk_of(floor_)) {
            floor_ = begin_of(at->first) + at->second.positions.first_absent(position_of(floor_));
        }
        at = drop_below_floor(at);
    }
}

std::map<int64_t, SettledSet::Entry>::iterator SettledSet::drop_below_floor(
    std::map<int64_t, Entry>::iterator at) {
    SettledChunk& positions = at->second.positions;
    const Piece kept = piece_of({floor_, begin_of(at->first + 1)}, at->first);
    const uint32_t count_before = positions.count();
    // Not a change of its row: what a row holds below the floor means nothing when it is loaded.
    positions.remove_below(kept.begin);
    count_above_floor_ -= count_before - positions.count();
    return positions.empty() ? chunks_.erase(at) : std::next(at);
}

void SettledSet::for_each_settled_in(OffsetRange range,
                                     const std::function<void(OffsetRange)>& visit) const {
    OffsetRange run{range.begin, range.begin};
    for (auto at = chunks_.lower_bound(chunk_of(range.begin)); at != chunks_.end(); ++at) {
        const Piece piece = piece_of(range, at->first);
        if (piece.empty()) break;
        const SettledChunk& positions = at->second.positions;
        uint32_t end = piece.begin;
        for (uint32_t begin = positions.first_present(end); begin < piece.end;
             begin = positions.first_present(end)) {
            end = std::min(positions.first_absent(begin), piece.end);
            const OffsetRange found{begin_of(at->first) + begin, begin_of(at->first) + end};
            if (run.end != found.begin) {  // else it goes on from the chunk before
                if (!run.empty()) visit(run);
                run.begin = found.begin;
            }
            run.end = found.end;
        }
    }
    if (!run.empty()) visit(run);
}

void SettledSet::for_each_unsettled(OffsetRange range,
                                    const std::function<void(OffsetRange)>& visit) const {
    range.begin = std::max(range.begin, floor_);
    if (range.empty()) return;
    Offset end_of_last = range.begin;
    for_each_settled_in(range, [&](OffsetRange settled) {
        if (end_of_last < settled.begin) visit({end_of_last, settled.begin});
        end_of_last = settled.end;
    });
    if (end_of_last < range.end) visit({end_of_last, range.end});
}

void SettledSet::for_each_settled_above_floor(const std::function<void(OffsetRange)>& visit) const {
    if (chunks_.empty()) return;
    for_each_settled_in({floor_, begin_of(chunks_.rbegin()->first + 1)}, visit);
}

std::vector<SettledSet::ChunkRow> SettledSet::take_dirty() {
    std::vector<ChunkRow> rows;
    for (auto at = stored_.begin(); at != stored_.end();) {
        if (chunks_.contains(*at)) {
            ++at;
            continue;
        }
        rows.push_back({*at, {}});
        at = stored_.erase(at);
    }
    for (auto& [chunk, entry] : chunks_) {
        if (!entry.dirty) continue;
        rows.push_back({chunk, entry.positions.encode()});
        entry.dirty = false;
        stored_.insert(chunk);
    }
    return rows;
}

void SettledSet::mark_dirty(int64_t chunk) {
    // Whether the store has a row of it is not known, so that deleting it must not be forgotten.
    stored_.insert(chunk);
    if (const auto at = chunks_.find(chunk); at != chunks_.end()) at->second.dirty = true;
}

Result<void> SettledSet::load_chunk(int64_t chunk, ByteView encoded) {
    VARVE_TRY(auto positions, SettledChunk::decode(encoded));
    constexpr int64_t kChunkMax = INT64_MAX / kChunkSize - 1;
    if (chunk < 0 || chunk > kChunkMax) {
        return Error{ErrorCode::corrupt, "settled chunk number " + std::to_string(chunk)};
    }
    stored_.insert(chunk);
    const auto [at, is_new] = chunks_.try_emplace(chunk, Entry{.positions = std::move(positions)});
    if (!is_new)
        return Error{ErrorCode::corrupt, "settled chunk " + std::to_string(chunk) + " twice"};
    count_above_floor_ += at->second.positions.count();
    raise_floor(floor_);
    return ok();
}

Bytes SettledSet::memory_used() const {
    constexpr Bytes kNode = 48;  // of a tree
    Bytes used = sizeof(*this) + stored_.size() * (kNode + sizeof(int64_t));
    for (const auto& [chunk, entry] : chunks_)
        used += kNode + sizeof(chunk) + entry.positions.memory_used();
    return used;
}

}  // namespace varve
