#include "tests/support/faulty_file_system.h"

#include <algorithm>
#include <functional>

namespace varve {
namespace {

bool is_sync(IoKind kind) { return kind == IoKind::sync || kind == IoKind::sync_directory; }
bool is_event(IoKind kind) { return kind >= IoKind::create; }

Error power_lost(const Path& path) { return {ErrorCode::io, path.string() + ": the power is off"}; }

}  // namespace

std::string_view to_string(IoKind kind) {
    switch (kind) {
        case IoKind::open:
            return "open";
        case IoKind::read:
            return "read";
        case IoKind::create:
            return "create";
        case IoKind::write:
            return "write";
        case IoKind::truncate:
            return "truncate";
        case IoKind::sync:
            return "sync";
        case IoKind::rename:
            return "rename";
        case IoKind::link:
            return "link";
        case IoKind::remove:
            return "remove";
        case IoKind::create_directory:
            return "create_directory";
        case IoKind::remove_directory:
            return "remove_directory";
        case IoKind::sync_directory:
            return "sync_directory";
    }
    return "?";
}

std::string IoEvent::text() const {
    std::string text = std::string(to_string(kind)) + " " + path.string();
    if (kind == IoKind::write)
        text += " [" + std::to_string(at) + ", " + std::to_string(at + size) + ")";
    if (kind == IoKind::truncate) text += " to " + std::to_string(at);
    return text;
}

class FaultyFileSystem::OpenFile final : public File {
public:
    OpenFile(FaultyFileSystem& disk, Path path, DiskNodePtr node, bool writable)
        : disk_(disk), path_(std::move(path)), node_(std::move(node)), writable_(writable) {}

    const Path& path() const override { return path_; }

    Result<size_t> read_at(uint64_t at, std::span<char> into) const override {
        const MutexLock lock(disk_.mutex_);
        const auto verdict = disk_.judge({.kind = IoKind::read, .path = path_});
        if (verdict.error) return *verdict.error;
        return node_->file.read(at, into);
    }
    Result<void> write_at(uint64_t at, ByteView bytes) override {
        return write_at(at, std::span(&bytes, 1));
    }
    Result<void> write_at(uint64_t at, std::span<const ByteView> pieces) override {
        if (!writable_) return Error{ErrorCode::io, path_.string() + ": write: opened for reading"};
        std::string bytes;
        for (const ByteView piece : pieces) bytes += piece;
        return disk_.write(node_, path_, at, std::move(bytes));
    }
    Result<void> sync() override { return disk_.sync(node_, path_); }
    Result<uint64_t> size() const override {
        const MutexLock lock(disk_.mutex_);
        if (!disk_.has_power_) return power_lost(path_);
        return node_->file.size();
    }
    Result<void> truncate(uint64_t size) override {
        const MutexLock lock(disk_.mutex_);
        const auto verdict = disk_.judge({.kind = IoKind::truncate, .path = path_, .at = size});
        if (verdict.performed) node_->file.truncate(size);
        if (verdict.error) return *verdict.error;
        return ok();
    }
    Result<void> close() override { return ok(); }

private:
    FaultyFileSystem& disk_;
    Path path_;
    DiskNodePtr node_;
    bool writable_;
};

class FaultyFileSystem::HeldLock final : public FileLock {
public:
    HeldLock(FaultyFileSystem& disk, Path path) : disk_(disk), path_(std::move(path)) {}
    ~HeldLock() override {
        const MutexLock lock(disk_.mutex_);
        disk_.locked_.erase(path_);
    }
    HeldLock(const HeldLock&) = delete;
    HeldLock& operator=(const HeldLock&) = delete;

private:
    FaultyFileSystem& disk_;
    Path path_;
};

std::optional<Error> FaultyFileSystem::fault_for(const IoEvent& event) {
    if (syncs_fail_ && is_sync(event.kind))
        return Error{ErrorCode::io, event.text() + ": fails as told"};
    for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
        if (fault->kind != event.kind ||
            event.path.string().find(fault->path_part) == std::string::npos)
            continue;
        if (fault->skip-- > 0) continue;
        const ErrorCode code = fault->code;
        faults_.erase(fault);
        return Error{code, event.text() + ": fails as told"};
    }
    return std::nullopt;
}

FaultyFileSystem::Verdict FaultyFileSystem::judge(const IoEvent& event) {
    if (!has_power_) return {.performed = false, .error = power_lost(event.path)};
    if (is_event(event.kind)) {
        events_.push_back(event);
        if (cut_at_ && events_.size() > *cut_at_) {
            has_power_ = false;
            return {.performed = !is_sync(event.kind), .error = power_lost(event.path)};
        }
    }
    auto error = fault_for(event);
    return {.performed = !error, .error = std::move(error)};
}

Result<void> FaultyFileSystem::change_names(const IoEvent& event,
                                            const std::function<Result<void>(DiskNames&)>& change) {
    const MutexLock lock(mutex_);
    const Verdict verdict = judge(event);
    Result<void> changed;
    if (verdict.performed) changed = change(names_);
    if (verdict.error) return *verdict.error;
    return changed;
}

Result<void> FaultyFileSystem::write(const DiskNodePtr& node,
                                     const Path& path,
                                     uint64_t at,
                                     std::string bytes) {
    const MutexLock lock(mutex_);
    Verdict verdict = judge({.kind = IoKind::write, .path = path, .at = at, .size = bytes.size()});
    if (!verdict.performed && !has_power_) return *verdict.error;
    const uint64_t end = at + bytes.size();
    if (!verdict.performed) {
        bytes.resize(bytes.size() / 2);  // A failed write may have got anywhere.
    } else if (capacity_ != kUnlimited && end > node->file.size()) {
        const Bytes used = names_.used();
        const uint64_t end_max = node->file.size() + (capacity_ > used ? capacity_ - used : 0);
        if (end > end_max) {
            bytes.resize(end_max > at ? end_max - at : 0);
            if (!verdict.error)
                verdict.error =
                    Error{ErrorCode::no_space, path.string() + ": write: the disk is full"};
        }
    }
    node->file.write(at, bytes);
    node->modified = events_.size();
    if (verdict.error) return *verdict.error;
    return ok();
}

Result<void> FaultyFileSystem::sync(const DiskNodePtr& node, const Path& path) {
    const MutexLock lock(mutex_);
    const Verdict verdict = judge({.kind = IoKind::sync, .path = path});
    if (!verdict.error) {
        node->file.sync();
        return ok();
    }
    if (has_power_) node->file.fail_sync();
    return *verdict.error;
}

Result<std::unique_ptr<File>> FaultyFileSystem::open(const Path& path, OpenMode mode) {
    const MutexLock lock(mutex_);
    auto node = names_.find(path);
    const bool there = node.has_value();
    const bool creates = mode == OpenMode::create_new || mode == OpenMode::create_or_truncate;
    if (there && mode == OpenMode::create_new)
        return Error{ErrorCode::already_exists, path.string() + ": is there"};
    const bool truncates = there && creates && (*node)->file.size() > 0;
    const IoKind kind = truncates           ? IoKind::truncate
                        : !there && creates ? IoKind::create
                                            : IoKind::open;
    const Verdict verdict = judge({.kind = kind, .path = path});
    if (verdict.performed && kind == IoKind::create) node = names_.create(path, false);
    if (verdict.performed && kind == IoKind::truncate) (*node)->file.truncate(0);
    if (verdict.error) return *verdict.error;
    if (!node) return std::move(node).error();
    return std::unique_ptr<File>(
        std::make_unique<OpenFile>(*this, path, *node, mode != OpenMode::read));
}

Result<void> FaultyFileSystem::rename(const Path& from, const Path& to) {
    return change_names({.kind = IoKind::rename, .path = to},
                        [&](DiskNames& names) { return names.rename(from, to); });
}

Result<void> FaultyFileSystem::link(const Path& from, const Path& to) {
    return change_names({.kind = IoKind::link, .path = to},
                        [&](DiskNames& names) { return names.link(from, to); });
}

Result<void> FaultyFileSystem::remove(const Path& path) {
    return change_names({.kind = IoKind::remove, .path = path},
                        [&](DiskNames& names) { return names.remove(path, false); });
}

Result<void> FaultyFileSystem::create_directory(const Path& path) {
    return change_names(
        {.kind = IoKind::create_directory, .path = path}, [&](DiskNames& names) -> Result<void> {
            if (const auto there = names.find(path); there && (*there)->is_directory) return ok();
            VARVE_TRY(names.create(path, true));
            return ok();
        });
}

Result<void> FaultyFileSystem::remove_directory(const Path& path) {
    return change_names({.kind = IoKind::remove_directory, .path = path},
                        [&](DiskNames& names) { return names.remove(path, true); });
}

Result<void> FaultyFileSystem::sync_directory(const Path& path) {
    return change_names({.kind = IoKind::sync_directory, .path = path},
                        [&](DiskNames& names) -> Result<void> {
                            VARVE_TRY(const DiskNodePtr directory, names.find(path));
                            names.sync(directory);
                            return ok();
                        });
}

Result<std::vector<std::string>> FaultyFileSystem::list(const Path& directory) {
    const MutexLock lock(mutex_);
    if (!has_power_) return power_lost(directory);
    VARVE_TRY(const DiskNodePtr node, names_.find(directory));
    std::vector<std::string> names;
    for (const auto& [name, child] : node->live) names.push_back(name);
    return names;
}

Result<FileInfo> FaultyFileSystem::info(const Path& path) {
    const MutexLock lock(mutex_);
    if (!has_power_) return power_lost(path);
    VARVE_TRY(const DiskNodePtr node, names_.find(path));
    return FileInfo{.size = node->file.size(),
                    .modified = {static_cast<int64_t>(node->modified)},
                    .is_directory = node->is_directory};
}

Result<DiskSpace> FaultyFileSystem::space(const Path& path) {
    const MutexLock lock(mutex_);
    if (!has_power_) return power_lost(path);
    const Bytes used = names_.used();
    return DiskSpace{.free = capacity_ > used ? capacity_ - used : 0, .total = capacity_};
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::lock(const Path& path) {
    if (const auto made = open(path, OpenMode::create_new);
        !made && made.error().code != ErrorCode::already_exists) {
        return made.error();
    }
    const MutexLock lock(mutex_);
    if (!locked_.insert(path).second)
        return Error{ErrorCode::busy, path.string() + ": lock: held elsewhere"};
    return std::unique_ptr<FileLock>(std::make_unique<HeldLock>(*this, path));
}

Result<bool> FaultyFileSystem::is_locked(const Path& path) {
    const MutexLock lock(mutex_);
    if (!has_power_) return power_lost(path);
    return locked_.contains(path);
}

void FaultyFileSystem::cut_power_at(uint64_t event) {
    const MutexLock lock(mutex_);
    cut_at_ = event;
}

void FaultyFileSystem::cut_power() {
    const MutexLock lock(mutex_);
    has_power_ = false;
}

bool FaultyFileSystem::has_power() const {
    const MutexLock lock(mutex_);
    return has_power_;
}

uint64_t FaultyFileSystem::event_count() const {
    const MutexLock lock(mutex_);
    return events_.size();
}

std::vector<IoEvent> FaultyFileSystem::events() const {
    const MutexLock lock(mutex_);
    return events_;
}

std::unique_ptr<FaultyFileSystem> FaultyFileSystem::after_crash(Survival survival,
                                                                SeededRng& rng) const {
    const MutexLock lock(mutex_);
    auto restarted = std::make_unique<FaultyFileSystem>();
    const MutexLock other(restarted->mutex_);
    restarted->names_ = DiskNames(names_, survival, rng);
    return restarted;
}

void FaultyFileSystem::fail(IoFault fault) {
    const MutexLock lock(mutex_);
    faults_.push_back(std::move(fault));
}

void FaultyFileSystem::fail_every_sync() {
    const MutexLock lock(mutex_);
    syncs_fail_ = true;
}

void FaultyFileSystem::set_capacity(Bytes capacity) {
    const MutexLock lock(mutex_);
    capacity_ = capacity;
}

void FaultyFileSystem::flip_bit(const Path& path, uint64_t byte, unsigned bit) {
    const MutexLock lock(mutex_);
    must(names_.find(path))->file.flip_bit(byte, bit);
}

}  // namespace varve
