#include "engine/journal/journal.h"

#include "engine/base/mutex.h"
#include "engine/journal/active_file.h"
#include "engine/journal/file_pool.h"
#include "engine/journal/scan.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>

namespace varve {

using namespace journal;  // NOLINT(google-build-using-namespace): this is its public face

struct Journal::Impl {
    Impl(FileSystem& file_system,
         Clock& wall_clock,
         Rng& random,
         Path where,
         const JournalOptions& journal_options)
        : files(file_system),
          clock(wall_clock),
          rng(random),
          directory(std::move(where)),
          options(journal_options) {}

    Result<TailReport> recover(Position replay_from,
                               const FrameVisitor& replay,
                               OnDamage on_damage);
    Result<void> start_after(const ScanOutcome& found, Position replay_from);
    void give_back_unused(const ScanOutcome& found);
    Result<void> roll(uint64_t frame_size);
    Result<void> use_next_file(uint64_t frame_size, Position start);
    Result<void> sync();
    Result<Placement> append(std::span<const ByteView> pieces, uint32_t entry_count);
    Result<void> write_frame(std::span<const ByteView> pieces, const FrameHeader& header);
    void leave_witness();
    void recycle_before(Position position);
    Error failed_with(Error error);

    struct LiveFile {
        FileSummary summary;
        Position frames_end;  // of the last frame in it; of the active file, unknown yet
    };

    FileSystem& files;
    Clock& clock;
    Rng& rng;
    const Path directory;
    const JournalOptions options;
    uint64_t boot = 0;
    uint64_t next_sequence = 0;
    Position frames_end;  // of the last frame; the gap to `end` is what a file's start leaves out
    bool last_proven = true;  // a later frame or file header tells that the last frame was durable
    std::optional<Error> failure;
    std::atomic<uint64_t> end = 0;
    std::atomic<uint64_t> durable_end = 0;

    std::unique_ptr<FilePool> pool;
    std::unique_ptr<ActiveFile> active;
    mutable Mutex live_mutex;                                // journal.live
    std::deque<LiveFile> live VARVE_GUARDED_BY(live_mutex);  // the last one is active
};

namespace {

// What died with its process may sit in the page cache only, and after a failed sync even a clean
// page proves nothing. Writing the same bytes again makes the kernel write them.
Result<void> make_durable(FileSystem& files, const ScannedFile& tail, Position begin) {
    constexpr uint64_t kStep = 1_MiB;
    VARVE_TRY(const auto file, files.open(tail.path, OpenMode::read_write));
    const uint64_t end = tail.header.offset_of(tail.frames_end);
    std::vector<char> buffer(kStep);
    for (uint64_t at = tail.header.offset_of(begin); at < end; at += kStep) {
        const auto step = std::span(buffer).first(std::min(kStep, end - at));
        VARVE_TRY(const size_t size, file->read_at(at, step));
        VARVE_TRY(file->write_at(at, ByteView(step.data(), size)));
    }
    return file->sync();
}

}  // namespace

Result<TailReport> Journal::Impl::recover(Position replay_from,
                                          const FrameVisitor& replay,
                                          OnDamage on_damage) {
    VARVE_TRY(files.create_directory(directory));
    VARVE_TRY(
        files.sync_directory(directory.has_parent_path() ? directory.parent_path() : Path(".")));
    VARVE_TRY(auto found, scan(files, directory, replay_from, replay, on_damage));
    for (const ScannedFile& file : found.files) {
        const Position unproven = std::max(found.proven_end, file.header.start);
        if (file.holds_frames && unproven < file.frames_end)
            VARVE_TRY(make_durable(files, file, unproven));
    }
    VARVE_TRY(pool, FilePool::open(files, directory, options));
    VARVE_TRY(start_after(found, replay_from));
    give_back_unused(found);
    return std::move(found.tail);
}

Result<void> Journal::Impl::start_after(const ScanOutcome& found, Position replay_from) {
    // Files that cannot be read may have held any position. Far above what they can have held.
    constexpr uint64_t kUnknownPositions = 1024_GiB;
    Position start = std::max(found.beyond, Position{rounded_to_pages(replay_from.value)});
    if (!found.tail.losses.empty()) start = start + kUnknownPositions;
    boot = found.boot + 1;
    next_sequence = found.sequence_end;
    frames_end = found.frames_end;
    {
        const MutexLock lock(live_mutex);
        for (const ScannedFile& file : found.files) {
            if (!file.holds_frames) continue;
            live.push_back(
                {.summary = {.path = file.path, .begin = file.header.start, .size = file.size},
                 .frames_end = file.frames_end});
        }
    }
    return use_next_file(0, start);
}

// Only now: as long as the new file was not durable, the next open would have needed them to know
// which positions were in use.
void Journal::Impl::give_back_unused(const ScanOutcome& found) {
    for (const ScannedFile& file : found.files) {
        if (!file.holds_frames) pool->give_back(file.path, file.size);
    }
    for (const Path& path : found.unneeded) {
        const auto info = files.info(path);
        if (info) pool->give_back(path, info->size);
    }
}

Result<void> Journal::Impl::use_next_file(uint64_t frame_size, Position start) {
    VARVE_TRY(const SpareFile spare, pool->take(kFileHeaderSize + frame_size));
    const FileHeader header{.sequence = next_sequence,
                            .epoch = rng.next(),
                            .boot = boot,
                            .start = start,
                            .frames_before = frames_end};
    auto installed = ActiveFile::install(files, directory, spare.path, header);
    if (!installed) {
        if (installed.error().code == ErrorCode::no_space) pool->give_back(spare.path, spare.size);
        return std::move(installed).error();
    }
    active = std::move(*installed);
    next_sequence += 1;
    last_proven = true;
    const MutexLock lock(live_mutex);
    if (!live.empty()) live.back().frames_end = frames_end;
    live.push_back({.summary = {.path = active->path(), .begin = start, .size = active->size()},
                    .frames_end = start});
    end = durable_end = start.value;
    return ok();
}

Result<void> Journal::Impl::roll(uint64_t frame_size) {
    // The new file's header says that everything before it is durable.
    VARVE_TRY(sync());
    auto used = use_next_file(frame_size, Position{end});
    if (!used && used.error().code != ErrorCode::no_space)
        return failed_with(std::move(used).error());
    return used;
}

// Remembers the first failure: from then on nothing can be confirmed.
Error Journal::Impl::failed_with(Error error) {
    if (!failure) failure = error;
    return error;
}

Result<void> Journal::Impl::sync() {
    if (failure) return *failure;
    const uint64_t written = end;
    if (durable_end == written) return ok();
    auto synced = active->sync();
    if (!synced) return failed_with({ErrorCode::io, std::move(synced).error().detail});
    durable_end = written;
    return ok();
}

Result<void> Journal::Impl::write_frame(std::span<const ByteView> pieces,
                                        const FrameHeader& header) {
    VARVE_TRY(active->append(header, pieces));
    frames_end = header.end();
    end = frames_end.value;
    return ok();
}

Result<Journal::Placement> Journal::Impl::append(std::span<const ByteView> pieces,
                                                 uint32_t entry_count) {
    if (failure) return Error{ErrorCode::io, failure->detail};
    uint64_t payload_size = 0;
    for (const ByteView piece : pieces) payload_size += piece.size();
    if (payload_size > kPayloadSizeMax) {
        return Error{ErrorCode::invalid_argument,
                     "a frame of " + std::to_string(payload_size) + " bytes"};
    }
    if (!active->has_room_for(frame_size(payload_size), Position{end}))
        VARVE_TRY(roll(frame_size(payload_size)));
    const FrameHeader header{.payload_size = static_cast<uint32_t>(payload_size),
                             .position = Position{end},
                             .durable_before = Position{durable_end},
                             .boot = boot,
                             .written = clock.now(),
                             .entry_count = entry_count};
    auto written = write_frame(pieces, header);
    if (!written && written.error().code != ErrorCode::no_space)
        return failed_with(std::move(written).error());
    if (!written) return std::move(written).error();
    last_proven = false;
    return Placement{.begin = header.position, .end = header.end()};
}

void Journal::Impl::leave_witness() {
    const bool all_durable = !failure && durable_end == end;
    if (!active || last_proven || !all_durable ||
        !active->has_room_for(frame_size(0), Position{end}))
        return;
    discard(write_frame({},
                        {.position = Position{end},
                         .durable_before = Position{durable_end},
                         .boot = boot,
                         .written = clock.now(),
                         .flags = kFlagWitness}),
            "without it only damage to the last frame goes unnoticed");
}

void Journal::Impl::recycle_before(Position position) {
    const MutexLock lock(live_mutex);
    while (live.size() > 1 && live.front().frames_end <= position) {
        pool->give_back(live.front().summary.path, live.front().summary.size);
        live.pop_front();
    }
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::~Journal() { impl_->leave_witness(); }

// NOLINTNEXTLINE(readability-function-size): what it works on, where, how, and what it hands back
Result<Journal::Opened> Journal::open(FileSystem& files,
                                      Clock& clock,
                                      Rng& rng,
                                      const Path& directory,
                                      const JournalOptions& options,
                                      Position replay_from,
                                      const FrameVisitor& replay,
                                      OnDamage on_damage) {
    auto impl = std::make_unique<Impl>(files, clock, rng, directory, options);
    VARVE_TRY(auto tail, impl->recover(replay_from, replay, on_damage));
    return Opened{.journal = std::unique_ptr<Journal>(new Journal(std::move(impl))),
                  .tail = std::move(tail)};
}

Result<Journal::Placement> Journal::append(std::span<const ByteView> pieces, uint32_t entry_count) {
    return impl_->append(pieces, entry_count);
}
Result<void> Journal::sync() { return impl_->sync(); }
Position Journal::end() const { return {impl_->end}; }
Position Journal::durable_end() const { return {impl_->durable_end}; }
uint64_t Journal::boot() const { return impl_->boot; }
void Journal::recycle_before(Position position) { impl_->recycle_before(position); }

std::vector<Journal::FileSummary> Journal::live_files() const {
    const MutexLock lock(impl_->live_mutex);
    std::vector<FileSummary> summaries;
    for (const Impl::LiveFile& file : impl_->live) summaries.push_back(file.summary);
    return summaries;
}

Bytes Journal::bytes_on_disk() const {
    Bytes sum = impl_->pool->bytes_on_disk();
    for (const FileSummary& file : live_files()) sum += file.size;
    return sum;
}

}  // namespace varve
