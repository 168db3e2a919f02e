// The one sequence of frames that makes changes durable: an append-only run of preallocated files.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/io/clock.h"
#include "engine/io/file_system.h"
#include "engine/options.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace varve {

// A frame as found in the journal: one group commit. `payload` holds its entries and is valid
// during the visit only.
struct FrameView {
    Position begin;
    Position end;             // where the next frame would start
    Position durable_before;  // known to be fsynced when this frame was written
    uint64_t boot = 0;        // counts the opens of this data directory
    TimePoint written;
    uint32_t entry_count = 0;
    ByteView payload;
    Path file;  // for messages: where it stands
    uint64_t file_offset = 0;
};

// `corrupt` if there is no file of a journal in the directory: for whoever knows that there was
// one.
Result<void> check_journal_exists(FileSystem& files, const Path& directory);

// What the end of the journal looked like.
struct TailReport {
    Position end;         // of the last good frame
    uint64_t frames = 0;  // read
    Bytes bytes = 0;      // read
    Bytes bytes_cut = 0;  // of a torn frame that was never confirmed; 0 after a clean stop
    Path file;            // where the tail is
    uint64_t file_offset = 0;
    uint64_t last_boot = 0;  // of the last good frame
    std::vector<std::string>
        losses;  // with OnDamage::skip: confirmed data that could not be read, place by place
};

// What to do about confirmed data that is damaged or missing.
enum class OnDamage : uint8_t {
    refuse,
    skip,  // go on behind it, and say exactly what is lost
};

using FrameVisitor = std::function<Result<void>(const FrameView&)>;

// Reads the frames from the first one that ends beyond `from`, verifying each, without writing
// anything: recovery, the dump tool and verify all use it. Safe while a Journal appends to the same
// files: what is being written looks like a torn tail. Memory: one frame.
//
// `from` is a position that the reader has everything below of, and that the owner of the journal
// was not told to recycle; {0} before the first recycling. `corrupt` if a frame that is proven to
// have been confirmed does not verify, or is missing, be it at the beginning, in the middle or at
// the end: names the file, the byte and the position. `busy` if the owner recycled a file while it
// was read: begin again from a newer position.
Result<TailReport> scan_journal(FileSystem& files,
                                const Path& directory,
                                Position from,
                                const FrameVisitor& visit,
                                OnDamage on_damage = OnDamage::refuse);

// A frame is *written* when append() returns and *durable* once durable_end() has passed it. Only
// durable frames survive power loss. Positions rise, may have gaps, and are never reused, not even
// after a crash.
//
// Threading: Caller-serialised for append(), sync() and recycle_before(); the rest is Thread-safe.
// Lifetime:  readers keep their files open, so they survive recycling.
// Failure:   after a failed append() or sync() every append() returns `io` until the journal is
// reopened. The kernel
//            may have dropped the dirty pages, so a second sync() could succeed without the data
//            being there. `no_space` from append() is different: nothing was written, and the same
//            append may be tried again.
class Journal {
public:
    struct Opened;

    // Opens the journal in `directory`, creating it if absent. Hands every frame that ends beyond
    // `replay_from` to `replay`, in order, and goes on in a fresh file behind the last good one.
    // What was replayed is durable: what a process that died had written, but perhaps not synced,
    // is written once more. `corrupt` if a durable frame does not verify; a torn tail is not
    // corruption: it is cut off and reported.
    static Result<Opened> open(FileSystem& files,
                               Clock& clock,
                               Rng& rng,
                               const Path& directory,
                               const JournalOptions& options,
                               Position replay_from,
                               const FrameVisitor& replay,
                               OnDamage on_damage = OnDamage::refuse);
    // Leaves a mark that everything was durable, so that damage to the very last frame will be
    // noticed.
    ~Journal();

    // Writes one frame that holds the pieces one behind the other (gathered, not copied). Answers
    // where it stands. `invalid_argument` beyond 1 GiB.
    struct Placement {
        Position begin;
        Position end;
    };
    Result<Placement> append(std::span<const ByteView> pieces, uint32_t entry_count);

    // Returns once everything appended before is durable.
    Result<void> sync();

    // Where the next frame would stand if it fits into the file; and up to where everything is
    // durable.
    Position end() const;
    Position durable_end() const;
    // Of this open: one more than the highest found.
    uint64_t boot() const;

    // Files that end at or before `position` are free to be used again. Does not wait for the disk.
    void recycle_before(Position position);

    struct FileSummary {
        Path path;
        Position begin;
        Bytes size;
    };
    std::vector<FileSummary> live_files() const;
    Bytes bytes_on_disk() const;

private:
    struct Impl;
    explicit Journal(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct Journal::Opened {
    std::unique_ptr<Journal> journal;
    TailReport tail;
};

}  // namespace varve
