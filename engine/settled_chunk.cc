#include "engine/settled_chunk.h"

#include "engine/base/bytes.h"

#include <algorithm>
#include <bit>

namespace varve {
namespace {

constexpr uint32_t kWordBits = 64;
constexpr uint32_t kWords = SettledChunk::kSize / kWordBits;
constexpr size_t kBitmapSize = SettledChunk::kSize / 8;

// The bits of word `word` that lie in begin..end.
uint64_t mask_of(uint32_t word, uint32_t begin, uint32_t end) {
    const uint32_t first = word * kWordBits;
    uint64_t mask = ~uint64_t{0};
    if (begin > first) mask &= begin - first < kWordBits ? ~uint64_t{0} << (begin - first) : 0;
    if (end < first + kWordBits)
        mask &= end > first ? ~uint64_t{0} >> (first + kWordBits - end) : 0;
    return mask;
}

uint32_t words_end(uint32_t end) { return (end + kWordBits - 1) / kWordBits; }

// The first position from `from` on whose bit is set in the words, each flipped by `flip`.
uint32_t scan(const std::vector<uint64_t>& words, uint32_t from, uint64_t flip) {
    for (uint32_t word = from / kWordBits; word < kWords; ++word) {
        const uint64_t bits = (words[word] ^ flip) & mask_of(word, from, SettledChunk::kSize);
        if (bits != 0) return word * kWordBits + static_cast<uint32_t>(std::countr_zero(bits));
    }
    return SettledChunk::kSize;
}

uint16_t u16(uint32_t position) { return static_cast<uint16_t>(position); }

}  // namespace

bool SettledChunk::contains(uint32_t position) const {
    return count_in(position, position + 1) == 1;
}

uint32_t SettledChunk::count_in(uint32_t begin, uint32_t end) const {
    if (begin >= end) return 0;
    if (const auto* array = std::get_if<Array>(&form_)) {
        const auto from = std::lower_bound(array->begin(), array->end(), begin);
        return static_cast<uint32_t>(std::lower_bound(from, array->end(), end) - from);
    }
    uint32_t count = 0;
    if (const auto* bitmap = std::get_if<Bitmap>(&form_)) {
        for (uint32_t word = begin / kWordBits; word < words_end(end); ++word) {
            count +=
                static_cast<uint32_t>(std::popcount((*bitmap)[word] & mask_of(word, begin, end)));
        }
        return count;
    }
    const auto& runs = std::get<Runs>(form_);
    auto run = std::lower_bound(
        runs.begin(), runs.end(), begin, [](const Run& r, uint32_t p) { return r.last < p; });
    for (; run != runs.end() && run->first < end; ++run) {
        count += std::min<uint32_t>(run->last + 1U, end) - std::max<uint32_t>(run->first, begin);
    }
    return count;
}

uint32_t SettledChunk::first_absent(uint32_t from) const {
    if (const auto* bitmap = std::get_if<Bitmap>(&form_)) return scan(*bitmap, from, ~uint64_t{0});
    if (const auto* array = std::get_if<Array>(&form_)) {
        auto at = std::lower_bound(array->begin(), array->end(), from);
        while (at != array->end() && *at == from) ++at, ++from;
        return from;
    }
    const auto& runs = std::get<Runs>(form_);
    const auto run = std::lower_bound(
        runs.begin(), runs.end(), from, [](const Run& r, uint32_t p) { return r.last < p; });
    return run != runs.end() && run->first <= from ? run->last + 1U : from;
}

uint32_t SettledChunk::first_present(uint32_t from) const {
    if (const auto* bitmap = std::get_if<Bitmap>(&form_)) return scan(*bitmap, from, 0);
    if (const auto* array = std::get_if<Array>(&form_)) {
        const auto at = std::lower_bound(array->begin(), array->end(), from);
        return at == array->end() ? kSize : *at;
    }
    const auto& runs = std::get<Runs>(form_);
    const auto run = std::lower_bound(
        runs.begin(), runs.end(), from, [](const Run& r, uint32_t p) { return r.last < p; });
    return run == runs.end() ? kSize : std::max<uint32_t>(run->first, from);
}

uint32_t SettledChunk::runs_beginning_in(uint32_t begin, uint32_t end) const {
    uint32_t count = 0;
    for (uint32_t at = first_present(begin); at < end; at = first_present(first_absent(at))) {
        if (at > begin || at == 0 || !contains(at - 1)) ++count;
    }
    return count;
}

uint32_t SettledChunk::add(uint32_t begin, uint32_t end) {
    VARVE_CHECK(begin < end && end <= kSize);
    const uint32_t added = end - begin - count_in(begin, end);
    if (added == 0) return 0;
    // A run that begins in the range, or just behind it, becomes part of the one that is added.
    const uint32_t absorbed = runs_beginning_in(begin, std::min(end + 1, kSize));
    const bool begins_here = begin == 0 || !contains(begin - 1);
    insert(begin, end);
    count_ += added;
    runs_ = runs_ - absorbed + (begins_here ? 1 : 0);
    change_form_if_large();
    return added;
}

void SettledChunk::insert(uint32_t begin, uint32_t end) {
    if (auto* bitmap = std::get_if<Bitmap>(&form_)) {
        for (uint32_t word = begin / kWordBits; word < words_end(end); ++word) {
            (*bitmap)[word] |= mask_of(word, begin, end);
        }
        return;
    }
    // An array takes single positions; a longer piece is a run already.
    if (std::holds_alternative<Array>(form_) && end - begin > 1) form_ = as<Runs>();
    if (auto* array = std::get_if<Array>(&form_)) {
        array->insert(std::lower_bound(array->begin(), array->end(), begin), u16(begin));
        return;
    }
    auto& runs = std::get<Runs>(form_);
    auto from = std::lower_bound(
        runs.begin(), runs.end(), begin, [](const Run& r, uint32_t p) { return r.last + 1U < p; });
    auto to = from;
    Run merged{u16(begin), u16(end - 1)};
    for (; to != runs.end() && to->first <= end; ++to) {
        merged.first = std::min(merged.first, to->first);
        merged.last = std::max(merged.last, to->last);
    }
    if (from == to) {
        runs.insert(from, merged);
    } else {
        *from = merged;
        runs.erase(from + 1, to);
    }
}

void SettledChunk::remove_below(uint32_t end) {
    const uint32_t removed = count_in(0, end);
    if (removed == 0) return;
    const bool splits_run = end < kSize && contains(end) && contains(end - 1);
    runs_ = runs_ - runs_beginning_in(0, end) + (splits_run ? 1 : 0);
    count_ -= removed;
    if (auto* bitmap = std::get_if<Bitmap>(&form_)) {
        for (uint32_t word = 0; word < words_end(end); ++word)
            (*bitmap)[word] &= ~mask_of(word, 0, end);
    } else if (auto* array = std::get_if<Array>(&form_)) {
        array->erase(array->begin(), array->begin() + removed);
    } else {
        auto& runs = std::get<Runs>(form_);
        const auto kept = std::lower_bound(
            runs.begin(), runs.end(), end, [](const Run& r, uint32_t p) { return r.last < p; });
        runs.erase(runs.begin(), kept);
        if (!runs.empty()) runs.front().first = std::max(runs.front().first, u16(end));
    }
    change_form_if_large();
}

// The three sizes of this set, in bytes.
namespace {
struct FormSizes {
    size_t runs;
    size_t array;
    size_t smallest() const { return std::min({runs, array, kBitmapSize}); }
};
FormSizes sizes_of(uint32_t count, uint32_t runs) { return {size_t{4} * runs, size_t{2} * count}; }
}  // namespace

void SettledChunk::change_form_if_large() {
    const FormSizes sizes = sizes_of(count_, runs_);
    const size_t now = std::holds_alternative<Runs>(form_)    ? sizes.runs
                       : std::holds_alternative<Array>(form_) ? sizes.array
                                                              : kBitmapSize;
    // A quarter, and a little for the small ones: changing costs a pass over the whole chunk.
    if (now <= sizes.smallest() + sizes.smallest() / 4 + 64) return;
    if (sizes.smallest() == sizes.runs) {
        form_ = as<Runs>();
    } else if (sizes.smallest() == sizes.array) {
        form_ = as<Array>();
    } else {
        form_ = as<Bitmap>();
    }
}

template <typename Form>
Form SettledChunk::as() const {
    Form form;
    if constexpr (std::is_same_v<Form, Bitmap>) form.resize(kWords);
    uint32_t end = 0;
    for (uint32_t begin = first_present(0); begin < kSize; begin = first_present(end)) {
        end = first_absent(begin);
        if constexpr (std::is_same_v<Form, Runs>) {
            form.push_back({u16(begin), u16(end - 1)});
        } else if constexpr (std::is_same_v<Form, Array>) {
            for (uint32_t at = begin; at < end; ++at) form.push_back(u16(at));
        } else {
            for (uint32_t word = begin / kWordBits; word < words_end(end); ++word)
                form[word] |= mask_of(word, begin, end);
        }
    }
    return form;
}

Bytes SettledChunk::memory_used() const {
    if (const auto* runs = std::get_if<Runs>(&form_))
        return sizeof(*this) + runs->capacity() * sizeof(Run);
    if (const auto* array = std::get_if<Array>(&form_))
        return sizeof(*this) + array->capacity() * sizeof(uint16_t);
    return sizeof(*this) + kBitmapSize;
}

namespace {
// First byte of an encoded chunk.
enum class FormByte : uint8_t { array = 1, bitmap = 2, runs = 3 };
}  // namespace

std::string SettledChunk::encode() const {
    VARVE_CHECK(!empty());
    std::string encoded;
    ByteWriter writer(encoded);
    const FormSizes sizes = sizes_of(count_, runs_);
    if (sizes.smallest() == sizes.runs) {
        writer.u8(static_cast<uint8_t>(FormByte::runs));
        for (const Run& run : as<Runs>()) {
            writer.u16_le(run.first);
            writer.u16_le(run.last);
        }
    } else if (sizes.smallest() == sizes.array) {
        writer.u8(static_cast<uint8_t>(FormByte::array));
        for (const uint16_t position : as<Array>()) writer.u16_le(position);
    } else {
        writer.u8(static_cast<uint8_t>(FormByte::bitmap));
        for (const uint64_t word : as<Bitmap>()) writer.u64_le(word);
    }
    return encoded;
}

Result<SettledChunk> SettledChunk::decode(ByteView encoded) {
    if (encoded.empty()) return Error{ErrorCode::corrupt, "settled chunk is empty"};
    const ByteView body = encoded.substr(1);
    switch (static_cast<FormByte>(encoded.front())) {
        case FormByte::array:
            return decode_array(body);
        case FormByte::bitmap:
            return decode_bitmap(body);
        case FormByte::runs:
            return decode_runs(body);
    }
    return Error{ErrorCode::corrupt, "settled chunk of unknown form"};
}

Result<SettledChunk> SettledChunk::decode_array(ByteView body) {
    if (body.empty() || body.size() % 2 != 0 || body.size() > kBitmapSize) {
        return Error{ErrorCode::corrupt,
                     "settled chunk: array of " + std::to_string(body.size()) + " bytes"};
    }
    Array array;
    array.reserve(body.size() / 2);
    uint32_t runs = 0;
    for (size_t at = 0; at < body.size(); at += 2) {
        const auto position = load_le<uint16_t>(body.data() + at);
        if (!array.empty() && position <= array.back()) {
            return Error{ErrorCode::corrupt, "settled chunk: array not ascending"};
        }
        if (array.empty() || position != array.back() + 1) ++runs;
        array.push_back(position);
    }
    SettledChunk chunk;
    chunk.count_ = static_cast<uint32_t>(array.size());
    chunk.runs_ = runs;
    chunk.form_ = std::move(array);
    return chunk;
}

Result<SettledChunk> SettledChunk::decode_bitmap(ByteView body) {
    if (body.size() != kBitmapSize) {
        return Error{ErrorCode::corrupt,
                     "settled chunk: bitmap of " + std::to_string(body.size()) + " bytes"};
    }
    Bitmap bitmap(kWords);
    for (uint32_t word = 0; word < kWords; ++word)
        bitmap[word] = load_le<uint64_t>(body.data() + word * sizeof(uint64_t));
    SettledChunk chunk;
    chunk.form_ = std::move(bitmap);
    chunk.count_ = chunk.count_in(0, kSize);
    if (chunk.empty()) return Error{ErrorCode::corrupt, "settled chunk: bitmap of nothing"};
    chunk.runs_ = chunk.runs_beginning_in(0, kSize);
    return chunk;
}

Result<SettledChunk> SettledChunk::decode_runs(ByteView body) {
    if (body.empty() || body.size() % 4 != 0 || body.size() > kBitmapSize) {
        return Error{ErrorCode::corrupt,
                     "settled chunk: runs of " + std::to_string(body.size()) + " bytes"};
    }
    Runs runs;
    runs.reserve(body.size() / 4);
    uint32_t count = 0;
    for (size_t at = 0; at < body.size(); at += 4) {
        const Run run{load_le<uint16_t>(body.data() + at), load_le<uint16_t>(body.data() + at + 2)};
        const bool in_order = runs.empty() || run.first > runs.back().last + 1U;
        if (run.last < run.first || !in_order)
            return Error{ErrorCode::corrupt, "settled chunk: runs not ascending"};
        count += run.last - run.first + 1U;
        runs.push_back(run);
    }
    SettledChunk chunk;
    chunk.count_ = count;
    chunk.runs_ = static_cast<uint32_t>(runs.size());
    chunk.form_ = std::move(runs);
    return chunk;
}

}  // namespace varve
