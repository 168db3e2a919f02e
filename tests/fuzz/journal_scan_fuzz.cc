// Reading a journal from files that may hold anything. The input describes the pages of two files:
// for each page its first bytes, the rest is zeros. On request checksums and places are put right,
// so that the reading gets further than to the first checksum.
#include "engine/base/bytes.h"
#include "engine/journal/file_header.h"
#include "engine/journal/file_names.h"
#include "engine/journal/frame.h"
#include "engine/journal/journal.h"
#include "tests/support/faulty_file_system.h"

#include <algorithm>

using namespace varve;           // NOLINT(google-build-using-namespace): a program of one function
using namespace varve::journal;  // NOLINT(google-build-using-namespace)

namespace {

constexpr size_t kDescribedSize = 80;  // of each page: more than either header
constexpr uint64_t kEpoch = 0x1122334455667788;
constexpr uint8_t kMendHeaders = 1;
constexpr uint8_t kMendFrames = 2;

std::string pages_from(ByteView described) {
    std::string image;
    while (!described.empty()) {
        const ByteView start = described.substr(0, kDescribedSize);
        image += start;
        image.resize(rounded_to_pages(image.size()));
        described.remove_prefix(start.size());
    }
    return image;
}

// Keeps the positions that the input chose, if they are possible at all.
FileHeader mended_header(ByteView image, uint64_t sequence) {
    const uint64_t start =
        load_le<uint64_t>(image.data() + 48) % kPositionMax / kPageSize * kPageSize;
    const uint64_t before =
        load_le<uint64_t>(image.data() + 56) % (start + 1) / kPageSize * kPageSize;
    return {.sequence = sequence,
            .epoch = kEpoch,
            .boot = 1,
            .start = {start},
            .frames_before = {before},
            .file_size = load_le<uint64_t>(image.data() + 64) % (2 * image.size())};
}

void mend_frame(std::string& image, size_t at, const FileHeader& file) {
    Xxh3Stream hasher;
    FrameHeader frame;
    frame.payload_size = load_le<uint32_t>(image.data() + at + 4) % (64 << 10);
    frame.epoch = file.epoch;
    frame.position = file.position_at(at);
    frame.durable_before = {load_le<uint64_t>(image.data() + at + 32) % (frame.position.value + 1)};
    frame.entry_count = load_le<uint32_t>(image.data() + at + 56);
    frame.flags = load_le<uint32_t>(image.data() + at + 60);
    if (frame.payload_size > image.size() - at - kFrameHeaderSize) return;
    const ByteView payload = ByteView(image).substr(at + kFrameHeaderSize, frame.payload_size);
    const auto bytes = encode(frame, std::span(&payload, 1), hasher);
    std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<ptrdiff_t>(at));
}

std::string image_from(ByteView described, uint64_t sequence, uint8_t mode) {
    std::string image = pages_from(described);
    if (image.size() < kPageSize || (mode & kMendHeaders) == 0) return image;
    const FileHeader header = mended_header(image, sequence);
    image.replace(0, kFileHeaderSize, encode(header));
    // From the end, so that a frame's payload is final when its checksum is taken.
    for (size_t at = image.size() - kPageSize; (mode & kMendFrames) != 0 && at > 0;
         at -= kPageSize) {
        if (load_le<uint32_t>(image.data() + at) == kFrameMagic) mend_frame(image, at, header);
    }
    return image;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const uint8_t mode = data[0];
    const ByteView described(reinterpret_cast<const char*>(data) + 2, size - 2);
    const size_t split = std::min<size_t>(data[1] * kDescribedSize, described.size());
    FaultyFileSystem disk;
    must(disk.create_directory("/j"));
    for (uint64_t sequence = 0; sequence < 2; ++sequence) {
        const ByteView part = sequence == 0 ? described.substr(0, split) : described.substr(split);
        if (part.empty()) continue;
        auto file = must(disk.open(Path("/j") / file_name(sequence), OpenMode::create_new));
        must(file->write_at(0, image_from(part, sequence, mode)));
    }
    Position last;
    const auto scanned = scan_journal(disk, "/j", {}, [&](const FrameView& frame) -> Result<void> {
        VARVE_CHECK(frame.begin >= last && frame.end > frame.begin);
        last = frame.end;
        return ok();
    });
    VARVE_CHECK(!scanned || scanned->end >= last);
    return 0;
}
