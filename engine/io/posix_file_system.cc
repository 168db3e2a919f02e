#include "engine/io/direct_file.h"
#include "engine/io/file_system.h"
#include "engine/io/posix_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace varve {
namespace {

constexpr mode_t kFilePermissions = 0640;  // Messages are nobody else's business.
constexpr mode_t kDirectoryPermissions = 0750;

int flags_of(OpenMode mode) {
    switch (mode) {
        case OpenMode::read:
            return O_RDONLY;
        case OpenMode::read_write:
        case OpenMode::overwrite_pages:
            return O_RDWR;
        case OpenMode::create_new:
            return O_RDWR | O_CREAT | O_EXCL;
        case OpenMode::create_or_truncate:
            return O_RDWR | O_CREAT | O_TRUNC;
    }
    return O_RDONLY;
}

Result<int> open_descriptor(const Path& path, int flags) {
    while (true) {
        const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kFilePermissions);
        if (descriptor >= 0) return descriptor;
        if (errno != EINTR) return posix_error(errno, "open", path);
    }
}

// The lock on a whole file that belongs to the open file, not to the process: two opens within one
// process exclude each other as well. Unlike flock() it can be asked for without being taken.
struct flock whole_file_lock() {
    struct flock request {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    return request;
}

class PosixLock final : public FileLock {
public:
    explicit PosixLock(int descriptor) : descriptor_(descriptor) {}
    ~PosixLock() override { ::close(descriptor_); }
    PosixLock(const PosixLock&) = delete;
    PosixLock& operator=(const PosixLock&) = delete;

private:
    int descriptor_;
};

class PosixFileSystem final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
        VARVE_TRY(const int descriptor, open_descriptor(path, flags_of(mode)));
        if (mode == OpenMode::overwrite_pages)
            return std::unique_ptr<File>(std::make_unique<DirectFile>(path, descriptor));
        return std::unique_ptr<File>(std::make_unique<PosixFile>(path, descriptor));
    }

    Result<void> rename(const Path& from, const Path& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0)
            return posix_error(errno, "rename to " + to.string(), from);
        return ok();
    }

    Result<void> link(const Path& from, const Path& to) override {
        if (::link(from.c_str(), to.c_str()) != 0)
            return posix_error(errno, "link to " + to.string(), from);
        return ok();
    }

    Result<void> remove(const Path& path) override {
        if (::unlink(path.c_str()) != 0) return posix_error(errno, "remove", path);
        return ok();
    }

    Result<void> create_directory(const Path& path) override {
        if (::mkdir(path.c_str(), kDirectoryPermissions) == 0) return ok();
        const int number = errno;
        if (number == EEXIST) {
            VARVE_TRY(const FileInfo there, info(path));
            if (there.is_directory) return ok();
        }
        return posix_error(number, "create directory", path);
    }

    Result<void> remove_directory(const Path& path) override {
        if (::rmdir(path.c_str()) != 0) return posix_error(errno, "remove directory", path);
        return ok();
    }

    Result<void> sync_directory(const Path& path) override {
        VARVE_TRY(const int descriptor, open_descriptor(path, O_RDONLY | O_DIRECTORY));
        const int number = ::fsync(descriptor) == 0 ? 0 : errno;
        ::close(descriptor);
        if (number != 0) return posix_error(number, "sync directory", path);
        return ok();
    }

    Result<std::vector<std::string>> list(const Path& directory) override {
        const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
        if (!stream) return posix_error(errno, "list", directory);
        std::vector<std::string> names;
        errno = 0;
        while (const dirent* entry = ::readdir(stream.get())) {
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
            errno = 0;
        }
        if (errno != 0) return posix_error(errno, "list", directory);
        std::sort(names.begin(), names.end());
        return names;
    }

    Result<FileInfo> info(const Path& path) override {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return posix_error(errno, "info", path);
        const int64_t modified_ms =
            int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
        return FileInfo{.size = static_cast<Bytes>(status.st_size),
                        .modified = {modified_ms},
                        .is_directory = S_ISDIR(status.st_mode)};
    }

    Result<DiskSpace> space(const Path& path) override {
        struct statvfs status {};
        if (::statvfs(path.c_str(), &status) != 0) return posix_error(errno, "space", path);
        return DiskSpace{.free = Bytes{status.f_bavail} * status.f_frsize,
                         .total = Bytes{status.f_blocks} * status.f_frsize};
    }

    Result<std::unique_ptr<FileLock>> lock(const Path& path) override {
        VARVE_TRY(const int descriptor, open_descriptor(path, O_RDWR | O_CREAT));
        auto held = std::make_unique<PosixLock>(descriptor);
        struct flock request = whole_file_lock();
        while (::fcntl(descriptor, F_OFD_SETLK, &request) != 0) {
            if (errno != EINTR) return posix_error(errno, "lock", path);
        }
        return std::unique_ptr<FileLock>(std::move(held));
    }

    Result<bool> is_locked(const Path& path) override {
        const auto descriptor = open_descriptor(path, O_RDONLY);
        if (!descriptor && descriptor.error().code == ErrorCode::not_found) return false;
        if (!descriptor) return descriptor.error();
        const PosixLock closes_it(*descriptor);
        struct flock request = whole_file_lock();
        if (::fcntl(*descriptor, F_OFD_GETLK, &request) != 0)
            return posix_error(errno, "test lock", path);
        return request.l_type != F_UNLCK;
    }
};

}  // namespace

FileSystem& posix_file_system() {
    static PosixFileSystem files;
    return files;
}

}  // namespace varve
