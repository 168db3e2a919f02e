#include "engine/store/merger.h"

#include "engine/store/dead_ranges.h"
#include "engine/store/keys.h"
#include "engine/store/rocks_options.h"
#include "engine/store/rocks_status.h"

#include <rocksdb/convenience.h>

#include <algorithm>
#include <map>
#include <utility>

namespace varve {
namespace {

// A reader asks one file per level, mostly in memory, for each batch; 16 equal runs are merged at
// once, so that a byte is written a second time only after sixteen times as much has come in.
constexpr MergeLimits kBatchLimits{
    .depth_max = 16, .dead_size_min = 32_MiB, .level_count = kStoreLevels};
// Rows are few and are all read at open.
constexpr MergeLimits kRowLimits{
    .depth_max = 5, .dead_size_min = 1_MiB, .level_count = kStoreLevels};

constexpr int kDepthMax = kStoreLevels - 8;  // Checkpoints wait from here on.
constexpr Bytes kMergedFileSize =
    128_MiB;  // A trimmed part of this size can go without being rewritten.
constexpr Bytes kDropSizeMin = 1_MiB;  // A smaller range is unlikely to cover a file.

bool holds_batches(const FileStack& stack) { return stack.first_key.front() == keys::kBatch; }

// The part of the ranges that lies in the stack.
std::vector<KeyRange> clipped(const std::vector<KeyRange>& ranges, const FileStack& stack) {
    std::vector<KeyRange> parts;
    auto at = std::lower_bound(
        ranges.begin(), ranges.end(), stack.first_key, [](const KeyRange& range, const auto& key) {
            return range.end <= key;
        });
    for (; at != ranges.end() && at->begin <= stack.last_key; ++at) {
        parts.push_back(
            {std::max(at->begin, stack.first_key), std::min(at->end, stack.last_key + '\0')});
    }
    return parts;
}

}  // namespace

Merger::Merger(rocksdb::DB& db, std::shared_ptr<const CurrentTrimPoints> trim_points, Mode mode)
    : db_(db), trim_points_(std::move(trim_points)), mode_(mode) {
    if (mode_ == Mode::background) thread_ = std::thread([this] { run(); });
}

Merger::~Merger() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    rocksdb::CancelAllBackgroundWork(&db_, false);
    if (thread_.joinable()) thread_.join();
}

Result<void> Merger::await_room() {
    MutexLock lock(mutex_);
    while (!error_ && depth_ + checkpoints_ >= kDepthMax) lock.wait(changed_);
    const bool crowded = depth_ + checkpoints_ >= kDepthMax;
    if (error_ && (crowded || error_->code != ErrorCode::no_space)) return *error_;
    return ok();
}

void Merger::notice_checkpoint() {
    {
        const MutexLock lock(mutex_);
        ++checkpoints_;
        has_work_ = true;
    }
    changed_.notify_all();
    if (mode_ == Mode::inline_with_checkpoints) merge_and_note_error();
}

bool Merger::stopping() const {
    const MutexLock lock(mutex_);
    return stopping_;
}

void Merger::note_depth(int depth) {
    {
        const MutexLock lock(mutex_);
        depth_ = depth;
        checkpoints_ = 0;
    }
    changed_.notify_all();
}

void Merger::run() {
    for (;;) {
        {
            MutexLock lock(mutex_);
            while (!stopping_ && !has_work_) lock.wait(changed_);
            if (stopping_) return;
            has_work_ = false;
        }
        merge_and_note_error();
    }
}

void Merger::merge_and_note_error() {
    auto merged = merge_all();
    {
        const MutexLock lock(mutex_);
        error_.reset();
        if (!merged && !stopping_) error_ = std::move(merged).error();
        if (error_ && error_->code != ErrorCode::no_space) stopping_ = true;
    }
    changed_.notify_all();
}

Result<void> Merger::merge_all() {
    const auto points = trim_points_->get();
    VARVE_TRY(drop_dead_files(*points));
    while (!stopping()) {
        const auto stacks = stacks_of(list_files());
        int depth = 0;
        for (const FileStack& stack : stacks) depth = std::max(depth, stack.depth);
        note_depth(depth);
        const auto plan = choose(stacks, *points);
        if (!plan) break;
        VARVE_TRY(merge(*plan));
    }
    return ok();
}

std::vector<StoredFile> Merger::list_files() const {
    rocksdb::ColumnFamilyMetaData all;
    db_.GetColumnFamilyMetaData(&all);
    std::vector<StoredFile> files;
    for (const auto& level : all.levels) {
        for (const auto& file : level.files) {
            files.push_back({.name = file.relative_filename,
                             .level = level.level,
                             .size = file.size,
                             .first_key = file.smallestkey,
                             .last_key = file.largestkey});
        }
    }
    return files;
}

std::optional<MergePlan> Merger::choose(const std::vector<FileStack>& stacks,
                                        const TrimPoints& points) const {
    const auto dead_ranges = dead_batch_ranges(points);
    std::optional<MergePlan> smallest;  // first: checkpoints add to the shallow ends meanwhile
    for (const FileStack& stack : stacks) {
        Bytes dead = 0;
        if (holds_batches(stack) && stack.size >= kBatchLimits.dead_size_min) {
            for (const Bytes size : sizes_on_disk(db_, clipped(dead_ranges, stack))) dead += size;
        }
        auto plan = plan_merge(stack, dead, holds_batches(stack) ? kBatchLimits : kRowLimits);
        if (plan && (!smallest || plan->size < smallest->size)) smallest = std::move(plan);
    }
    return smallest;
}

Result<void> Merger::merge(const MergePlan& plan) {
    rocksdb::CompactionOptions options;
    options.compression = rocksdb::kNoCompression;
    options.output_file_size_limit = kMergedFileSize;
    rocksdb::CompactionJobInfo info;
    const auto status = db_.CompactFiles(
        options, db_.DefaultColumnFamily(), plan.files, plan.output_level, -1, nullptr, &info);
    bytes_written_ += info.stats.total_output_bytes;
    return result_of(status, "merging in the store");
}

Result<void> Merger::drop_dead_files(const TrimPoints& points) {
    std::vector<KeyRange> ranges = dead_batch_ranges(points);
    const std::vector<Bytes> sizes = sizes_on_disk(db_, ranges);
    std::vector<rocksdb::Slice> bounds;
    for (size_t i = 0; i < ranges.size(); ++i) {
        if (sizes[i] < kDropSizeMin) continue;
        bounds.emplace_back(ranges[i].begin);
        bounds.emplace_back(ranges[i].end);
    }
    std::vector<rocksdb::RangePtr> large;
    for (size_t i = 0; i < bounds.size(); i += 2) large.emplace_back(&bounds[i], &bounds[i + 1]);
    if (large.empty()) return ok();
    return result_of(rocksdb::DeleteFilesInRanges(
                         &db_, db_.DefaultColumnFamily(), large.data(), large.size(), false),
                     "dropping files of the store");
}

}  // namespace varve
