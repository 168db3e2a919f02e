#include "tests/support/journals.h"

namespace varve {
namespace {

FrameVisitor collect_into(std::vector<FrameCopy>& frames) {
    return [&frames](const FrameView& frame) -> Result<void> {
        frames.push_back({.begin = frame.begin,
                          .end = frame.end,
                          .durable_before = frame.durable_before,
                          .boot = frame.boot,
                          .written = frame.written,
                          .entry_count = frame.entry_count,
                          .payload = std::string(frame.payload),
                          .file = frame.file,
                          .file_offset = frame.file_offset});
        return ok();
    };
}

}  // namespace

Result<OpenedJournal> JournalHome::open(Position from, OnDamage on_damage) {
    OpenedJournal opened;
    VARVE_TRY(
        auto journal,
        Journal::open(
            disk, clock, rng, kDirectory, options, from, collect_into(opened.frames), on_damage));
    opened.journal = std::move(journal.journal);
    opened.tail = std::move(journal.tail);
    return opened;
}

Result<ScannedJournal> scan_all(FileSystem& disk, Position from) {
    ScannedJournal scanned;
    VARVE_TRY(scanned.tail,
              scan_journal(disk, JournalHome::kDirectory, from, collect_into(scanned.frames)));
    return scanned;
}

std::string payload_of(uint64_t number, size_t size) {
    SeededRng rng(number);
    std::string bytes = "#" + std::to_string(number) + ":";
    while (bytes.size() < size) bytes += static_cast<char>(rng.next());
    bytes.resize(size);
    return bytes;
}

std::vector<std::string> payloads(const std::vector<FrameCopy>& frames) {
    std::vector<std::string> all;
    for (const FrameCopy& frame : frames) all.push_back(frame.payload);
    return all;
}

Result<Journal::Placement> append(Journal& journal, ByteView payload) {
    return journal.append(std::span(&payload, 1), 1);
}

}  // namespace varve
