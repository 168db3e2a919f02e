// Journals for tests: small files, frames whose content follows from a number.
#pragma once

#include "engine/journal/journal.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_rng.h"

#include <string>
#include <vector>

namespace varve {

// What a frame was, without the views.
struct FrameCopy {
    Position begin;
    Position end;
    Position durable_before;
    uint64_t boot = 0;
    TimePoint written;
    uint32_t entry_count = 0;
    std::string payload;
    Path file;
    uint64_t file_offset = 0;
};

struct OpenedJournal {
    std::unique_ptr<Journal> journal;
    TailReport tail;
    std::vector<FrameCopy> frames;
};

// A journal's surroundings. Positions and sizes: one page is 4096 bytes, the first of each file is
// its header.
struct JournalHome {
    static inline const Path kDirectory = "/journal";
    FileSystem& disk;
    JournalOptions options{.file_size = 64_KiB, .spare_files_max = 1};
    ManualClock clock{};
    SeededRng rng{7};

    Result<OpenedJournal> open(Position from = {}, OnDamage on_damage = OnDamage::refuse);
};

// Reads without a journal.
struct ScannedJournal {
    TailReport tail;
    std::vector<FrameCopy> frames;
};
Result<ScannedJournal> scan_all(FileSystem& disk, Position from = {});

// `size` bytes that follow from `number`.
std::string payload_of(uint64_t number, size_t size = 100);
std::vector<std::string> payloads(const std::vector<FrameCopy>& frames);

Result<Journal::Placement> append(Journal& journal, ByteView payload);

}  // namespace varve
