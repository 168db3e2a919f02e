// What the disk can do: pwrite() and fdatasync(), around and around in one file that was written
// before.
#pragma once

#include "engine/base/check.h"
#include "engine/base/types.h"
#include "engine/io/file_system.h"

#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace varve {

class BareFile {
public:
    static constexpr Bytes kSize = 64_MiB;

    BareFile(const Path& path, size_t write_size)
        : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
          bytes_(write_size, 'b') {
        VARVE_CHECK(descriptor_ >= 0);
        const std::string zeros(1_MiB, '\0');
        for (Bytes at = 0; at < kSize; at += zeros.size()) {
            VARVE_CHECK(::pwrite(descriptor_, zeros.data(), zeros.size(), static_cast<off_t>(at)) >
                        0);
        }
        VARVE_CHECK(::fsync(descriptor_) == 0);
    }
    ~BareFile() { ::close(descriptor_); }
    BareFile(const BareFile&) = delete;
    BareFile& operator=(const BareFile&) = delete;

    void commit() {
        if (at_ + bytes_.size() > kSize) at_ = 0;
        const ssize_t written =
            ::pwrite(descriptor_, bytes_.data(), bytes_.size(), static_cast<off_t>(at_));
        VARVE_CHECK(written == static_cast<ssize_t>(bytes_.size()));
        VARVE_CHECK(::fdatasync(descriptor_) == 0);
        at_ += bytes_.size();
    }

private:
    int descriptor_;
    std::string bytes_;
    Bytes at_ = 0;
};

}  // namespace varve
