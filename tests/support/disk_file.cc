#include "tests/support/disk_file.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve {
namespace {

constexpr uint64_t kSectorSize = 512;

void put(std::string& content, uint64_t at, ByteView bytes) {
    if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
    std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<ptrdiff_t>(at));
}

// Calls `each(sector, at, part)` for the parts of a write that fall into different sectors.
template <typename Each>
void for_each_sector(uint64_t at, ByteView bytes, const Each& each) {
    while (!bytes.empty()) {
        const uint64_t sector = at / kSectorSize;
        const size_t size = std::min<size_t>(bytes.size(), (sector + 1) * kSectorSize - at);
        each(sector, at, bytes.substr(0, size));
        bytes.remove_prefix(size);
        at += size;
    }
}

}  // namespace

void DiskFile::Change::apply(std::string& content) const {
    if (is_truncate) {
        content.resize(at);
    } else {
        put(content, at, bytes);
    }
}

size_t DiskFile::read(uint64_t at, std::span<char> into) const {
    if (at >= live_.size()) return 0;
    const size_t size = std::min<size_t>(into.size(), live_.size() - at);
    std::copy_n(live_.data() + at, size, into.data());
    return size;
}

void DiskFile::write(uint64_t at, ByteView bytes) {
    if (bytes.empty()) return;
    unsynced_.push_back({.at = at, .bytes = std::string(bytes)});
    put(live_, at, bytes);
}

void DiskFile::truncate(uint64_t size) {
    unsynced_.push_back({.is_truncate = true, .at = size});
    live_.resize(size);
}

void DiskFile::sync() {
    for (const Change& change : unsynced_) {
        if (!change.doomed) change.apply(durable_);
    }
    std::erase_if(unsynced_, [](const Change& change) { return !change.doomed; });
}

void DiskFile::fail_sync() {
    for (Change& change : unsynced_) change.doomed = true;
}

void DiskFile::flip_bit(uint64_t byte, unsigned bit) {
    VARVE_CHECK(byte < live_.size());
    const auto flip = [&](char& c) { c = static_cast<char>(c ^ (1 << bit)); };
    flip(live_[byte]);
    if (byte < durable_.size()) flip(durable_[byte]);
    for (Change& change : unsynced_) {
        const bool covers =
            !change.is_truncate && change.at <= byte && byte - change.at < change.bytes.size();
        if (covers) flip(change.bytes[byte - change.at]);
    }
}

std::string DiskFile::after_crash(Survival survival, SeededRng& rng) const {
    if (survival == Survival::random) {
        switch (rng.below(4)) {
            case 0:
                survival = Survival::nothing;
                break;
            case 1:
                survival = Survival::everything;
                break;
            case 2:
                return with_prefix_of_changes(rng);
            default:
                return with_random_sectors(rng);
        }
    }
    std::string content = durable_;
    if (survival == Survival::nothing) return content;
    for (const Change& change : unsynced_) {
        if (!change.doomed) change.apply(content);
    }
    return content;
}

// Written back in order up to somewhere, and there torn.
std::string DiskFile::with_prefix_of_changes(SeededRng& rng) const {
    std::string content = durable_;
    const size_t whole = rng.below(unsynced_.size() + 1);
    for (size_t i = 0; i < whole; ++i) unsynced_[i].apply(content);
    if (whole == unsynced_.size() || unsynced_[whole].is_truncate) return content;
    const Change& torn = unsynced_[whole];
    for_each_sector(torn.at, torn.bytes, [&](uint64_t /*sector*/, uint64_t at, ByteView part) {
        if (rng.one_in(2)) put(content, at, part);
    });
    return content;
}

// Each sector in any of the states it went through. A sector that is lost may still count for the
// file's size.
std::string DiskFile::with_random_sectors(SeededRng& rng) const {
    std::map<uint64_t, uint64_t> writes_of;
    for (const Change& change : unsynced_) {
        for_each_sector(change.at, change.bytes, [&](uint64_t sector, uint64_t, ByteView) {
            ++writes_of[sector];
        });
    }
    for (auto& [sector, kept] : writes_of) kept = rng.below(kept + 1);
    std::string content = durable_;
    for (const Change& change : unsynced_) {
        if (change.is_truncate && rng.one_in(2)) change.apply(content);
        for_each_sector(change.at, change.bytes, [&](uint64_t sector, uint64_t at, ByteView part) {
            uint64_t& kept = writes_of[sector];
            if (kept > 0) {
                --kept;
                put(content, at, part);
            } else if (content.size() < at + part.size() && rng.one_in(4)) {
                content.resize(at + part.size());
            }
        });
    }
    return content;
}

}  // namespace varve
