#include "engine/journal/file_pool.h"

#include "engine/journal/file_names.h"
#include "engine/journal/format.h"

#include <algorithm>
#include <string>

namespace varve::journal {
namespace {

constexpr Bytes kFillSize = 1_MiB;
// Synced in steps: one fsync of a whole file would hold up the commits that share the disk with it.
constexpr Bytes kFillSyncSize = 8_MiB;

}  // namespace

Bytes usual_file_size(const JournalOptions& options) {
    return std::max(rounded_to_pages(options.file_size), kFileHeaderSize + kPageSize);
}

FilePool::FilePool(FileSystem& files, Path directory, const JournalOptions& options)
    : files_(files),
      directory_(std::move(directory)),
      file_size_(usual_file_size(options)),
      spares_max_(options.spare_files_max + 1) {}

Result<std::unique_ptr<FilePool>> FilePool::open(FileSystem& files,
                                                 Path directory,
                                                 const JournalOptions& options) {
    std::unique_ptr<FilePool> pool(new FilePool(files, std::move(directory), options));
    VARVE_TRY(pool->adopt_spares());
    pool->helper_ = std::thread([&self = *pool] { self.run(); });
    return pool;
}

FilePool::~FilePool() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (helper_.joinable()) helper_.join();
}

Result<void> FilePool::adopt_spares() {
    VARVE_TRY(const auto names, files_.list(directory_));
    for (const std::string& name : names) {
        const auto number = spare_number_of(name);
        if (number) VARVE_TRY(adopt_or_remove(directory_ / name, *number));
        if (is_unfinished(name)) VARVE_TRY(files_.remove(directory_ / name));
    }
    // A process that died may have renamed without this; see rename_to_spare().
    return files_.sync_directory(directory_);
}

Result<void> FilePool::adopt_or_remove(const Path& path, uint64_t number) {
    VARVE_TRY(const FileInfo info, files_.info(path));
    {
        const MutexLock lock(mutex_);
        if (info.size == file_size_ && spares_.size() < spares_max_) {
            spares_.push_back({path, info.size});
            next_number_ = std::max<uint64_t>(next_number_, number + 1);
            return ok();
        }
    }
    return files_.remove(path);
}

Result<SpareFile> FilePool::take(Bytes size) {
    if (size > file_size_) return make(rounded_to_pages(size));
    MutexLock lock(mutex_);
    last_failure_.reset();
    changed_.notify_all();
    while (spares_.empty() && !last_failure_ && !broken_) lock.wait(changed_);
    if (broken_) return *broken_;
    if (spares_.empty()) return *last_failure_;
    SpareFile spare = std::move(spares_.front());
    spares_.pop_front();
    changed_.notify_all();
    return spare;
}

void FilePool::give_back(Path path, Bytes size) {
    {
        const MutexLock lock(mutex_);
        used_.push_back({std::move(path), size});
    }
    changed_.notify_all();
}

Bytes FilePool::bytes_on_disk() const {
    const MutexLock lock(mutex_);
    Bytes sum = 0;
    for (const SpareFile& file : spares_) sum += file.size;
    for (const SpareFile& file : used_) sum += file.size;
    return sum;
}

bool FilePool::has_work() const {
    if (broken_) return false;
    // What was given back is still put in order at the end, or the next open would find it in the
    // way.
    return !used_.empty() || (!stopping_ && spares_.empty() && !last_failure_);
}

std::optional<FilePool::Task> FilePool::next_task() {
    MutexLock lock(mutex_);
    while (!stopping_ && !has_work()) lock.wait(changed_);
    if (!has_work()) return std::nullopt;
    if (used_.empty()) return Task{};
    Task task{.used = std::move(used_.front())};
    used_.pop_front();
    return task;
}

void FilePool::run() {
    while (auto task = next_task()) {
        if (task->used) {
            recycle_one(std::move(*task->used));
        } else {
            make_one();
        }
        changed_.notify_all();
    }
}

void FilePool::recycle_one(SpareFile used) {
    bool wanted = false;
    {
        const MutexLock lock(mutex_);
        wanted = used.size == file_size_ && spares_.size() < spares_max_;
    }
    if (!wanted) {
        // Not synced: should it come back after a crash, it is below what anybody replays.
        discard(files_.remove(used.path), "a file too many is found again at the next open");
        return;
    }
    auto spare = rename_to_spare(used.path, used.size);
    const MutexLock lock(mutex_);
    if (spare) {
        spares_.push_back(std::move(*spare));
    } else {
        broken_ = std::move(spare).error();
    }
}

void FilePool::make_one() {
    auto spare = make(file_size_);
    const MutexLock lock(mutex_);
    if (spare) {
        spares_.push_back(std::move(*spare));
    } else {
        last_failure_ = std::move(spare).error();
    }
}

Result<SpareFile> FilePool::make(Bytes size) {
    const Path path = directory_ / unfinished_name(next_number_++);
    auto filled = fill(path, size);
    if (!filled) {
        discard(files_.remove(path), "the next open deletes it");
        return std::move(filled).error();
    }
    return rename_to_spare(path, size);
}

Result<void> FilePool::fill(const Path& path, Bytes size) {
    const std::string zeros(std::min(size, kFillSize), '\0');
    VARVE_TRY(files_.open(path, OpenMode::create_new));
    // Zeros that went through the page cache would push out what is worth keeping there.
    VARVE_TRY(const auto file, files_.open(path, OpenMode::overwrite_pages));
    for (Bytes at = 0; at < size; at += zeros.size()) {
        if (stopping_) return Error{ErrorCode::closed, path.string() + ": the journal is closing"};
        VARVE_TRY(file->write_at(at, ByteView(zeros).substr(0, size - at)));
        if ((at + zeros.size()) % kFillSyncSize == 0) VARVE_TRY(file->sync());
    }
    return file->sync();
}

// Durably: its header may be written only when no crash can bring the old name back.
Result<SpareFile> FilePool::rename_to_spare(const Path& from, Bytes size) {
    const Path path = directory_ / spare_name(next_number_++);
    VARVE_TRY(files_.rename(from, path));
    VARVE_TRY(files_.sync_directory(directory_));
    return SpareFile{path, size};
}

}  // namespace varve::journal
