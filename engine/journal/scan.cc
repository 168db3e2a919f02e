#include "engine/journal/scan.h"

#include "engine/journal/tail_scan.h"

#include <algorithm>

namespace varve::journal {
namespace {

// How often the files are listed anew because they were recycled before the first frame was handed
// out.
constexpr int kAttemptsMax = 10;

std::string between(Position begin, Position end) {
    return "journal positions " + std::to_string(begin.value) + " to " + std::to_string(end.value);
}

// The state of one pass. Frames go to the visitor in order, and every gap between them is accounted
// for.
class Scan {
public:
    Scan(Position from, const FrameVisitor& visit, OnDamage on_damage)
        : from_(from), visit_(visit), on_damage_(on_damage) {}

    Result<ScanOutcome> run(FileSystem& files, const Path& directory) {
        VARVE_TRY(auto found, find_files(files, directory, from_, on_damage_));
        outcome_.unneeded = std::move(found.unneeded);
        outcome_.sequence_end = found.sequence_end;
        outcome_.tail.losses = std::move(found.losses);
        for (size_t i = 0; i < found.files.size(); ++i) {
            const FileHeader* next =
                i + 1 < found.files.size() ? &found.files[i + 1].header : nullptr;
            VARVE_TRY(enter(found.files[i]));
            VARVE_TRY(read_frames(found.files[i], next));
        }
        outcome_.tail.end = std::max(outcome_.frames_end, end_of_gap_);
        if (outcome_.tail.end < from_) {
            VARVE_TRY(lose(directory.string() + ": the journal ends at position " +
                           std::to_string(outcome_.tail.end.value) +
                           ", but had been durable up to " + std::to_string(from_.value) +
                           ": files are missing"));
        }
        return std::move(outcome_);
    }

    bool visited_any() const { return visited_any_; }

private:
    // Notes the loss, or refuses.
    Result<void> lose(std::string detail) {
        if (on_damage_ == OnDamage::refuse) return Error{ErrorCode::corrupt, std::move(detail)};
        outcome_.tail.losses.push_back(std::move(detail));
        return ok();
    }

    // Checks that the file continues where the one before it ended.
    Result<void> enter(const FoundFile& found) {
        const FileHeader& header = found.header;
        if (outcome_.files.empty()) outcome_.frames_end = header.frames_before;
        if (outcome_.frames_end != header.frames_before) {
            VARVE_TRY(check_not_recycled(found));
            VARVE_TRY(lose(found.file->path().string() + ": " +
                           between(outcome_.frames_end, header.frames_before) +
                           " are missing before this file"));
            outcome_.frames_end = header.frames_before;
        }
        outcome_.files.push_back({.path = found.file->path(),
                                  .header = header,
                                  .size = found.size,
                                  .frames_end = header.frames_before,
                                  .holds_frames = false});
        outcome_.proven_end = std::max(outcome_.proven_end, header.frames_before);
        outcome_.boot = std::max(outcome_.boot, header.boot);
        const uint64_t room = found.size > kFileHeaderSize ? found.size - kFileHeaderSize : 0;
        outcome_.beyond = std::max(outcome_.beyond, header.start + rounded_to_pages(room));
        end_of_gap_ = header.start;
        outcome_.tail.file = found.file->path();
        outcome_.tail.file_offset = kFileHeaderSize;
        return ok();
    }

    Result<void> read_frames(const FoundFile& found, const FileHeader* next) {
        TailScan scan(found);
        // What a former recovery cut off is behind this; a file behind nothing ends where its
        // frames end.
        const Position limit = next != nullptr ? next->frames_before : Position{kPositionMax};
        uint64_t offset = kFileHeaderSize;
        while (found.header.position_at(offset) < limit) {
            VARVE_TRY(auto frame, scan.frame_at(offset));
            if (!frame) {
                VARVE_TRY(const auto resumed, settle_bad_frame(found, scan, offset, next));
                if (!resumed) return ok();
                offset = *resumed;
                continue;
            }
            VARVE_TRY(take(found, *frame));
            offset += frame->header.size();
        }
        return ok();
    }

    // Decides what a bad frame means. Answers where to go on in this file, or that it ends here.
    Result<std::optional<uint64_t>> settle_bad_frame(const FoundFile& found,
                                                     TailScan& scan,
                                                     uint64_t offset,
                                                     const FileHeader* next) {
        const Position bad = found.header.position_at(offset);
        VARVE_TRY(const Tail tail, scan.look_ahead(offset));
        if (next == nullptr && !tail.proof_offset) {
            VARVE_TRY(check_not_recycled(found));
            outcome_.tail.bytes_cut = tail.torn;
            return std::optional<uint64_t>{};
        }
        // Before accusing anybody: a writer may just have finished the frame, or recycled the file.
        VARVE_TRY(const auto again, scan.frame_again_at(offset));
        if (again) return std::optional(offset);
        VARVE_TRY(check_not_recycled(found));
        const std::string place =
            found.file->path().string() + ": byte " + std::to_string(offset) +
            ": journal position " + std::to_string(bad.value) +
            ": a frame that was confirmed does not verify (" +
            (tail.proof_offset ? "the frame at byte " + std::to_string(*tail.proof_offset)
                               : "the next file") +
            " says that it was durable)";
        const bool goes_on = tail.resume_offset &&
                             (next == nullptr ||
                              found.header.position_at(*tail.resume_offset) < next->frames_before);
        const Position lost_end =
            goes_on ? found.header.position_at(*tail.resume_offset) : next->frames_before;
        VARVE_TRY(lose(place + "; lost: " + between(bad, lost_end)));
        outcome_.frames_end = lost_end;
        return goes_on ? tail.resume_offset : std::nullopt;
    }

    Result<void> take(const FoundFile& found, const FoundFrame& frame) {
        const FrameHeader& header = frame.header;
        outcome_.frames_end = header.end();
        outcome_.files.back().frames_end = header.end();
        outcome_.files.back().holds_frames = true;
        outcome_.proven_end = std::max(outcome_.proven_end, header.durable_before);
        outcome_.boot = std::max(outcome_.boot, header.boot);
        outcome_.tail.last_boot = header.boot;
        outcome_.tail.file_offset = frame.offset + header.size();
        if (header.end() <= from_ || (header.flags & kFlagWitness) != 0) return ok();
        outcome_.tail.frames += 1;
        outcome_.tail.bytes += header.size();
        visited_any_ = true;
        return visit_({.begin = header.position,
                       .end = header.end(),
                       .durable_before = header.durable_before,
                       .boot = header.boot,
                       .written = header.written,
                       .entry_count = header.entry_count,
                       .payload = frame.payload,
                       .file = found.file->path(),
                       .file_offset = frame.offset});
    }

    const Position from_;
    const FrameVisitor& visit_;
    const OnDamage on_damage_;
    ScanOutcome outcome_;
    Position end_of_gap_;  // start of the last file entered: positions below it that hold no frame
                           // never will
    bool visited_any_ = false;
};

}  // namespace

Result<ScanOutcome> scan(FileSystem& files,
                         const Path& directory,
                         Position from,
                         const FrameVisitor& visit,
                         OnDamage on_damage) {
    for (int attempt = 1;; ++attempt) {
        Scan pass(from, visit, on_damage);
        auto outcome = pass.run(files, directory);
        const bool recycled = !outcome && outcome.error().code == ErrorCode::busy;
        if (!recycled || pass.visited_any() || attempt == kAttemptsMax) return outcome;
    }
}

}  // namespace varve::journal

namespace varve {

Result<TailReport> scan_journal(FileSystem& files,
                                const Path& directory,
                                Position from,
                                const FrameVisitor& visit,
                                OnDamage on_damage) {
    VARVE_TRY(auto outcome, journal::scan(files, directory, from, visit, on_damage));
    return std::move(outcome.tail);
}

}  // namespace varve
