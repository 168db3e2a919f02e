// A directory of its own on the disk under test: TMPDIR, or /tmp. Gone with the object.
#pragma once

#include "engine/base/check.h"
#include "engine/io/file_system.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace varve {

class Workplace {
public:
    Workplace() {
        std::string name = (std::filesystem::temp_directory_path() / "varve-bench-XXXXXX").string();
        VARVE_CHECK(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Workplace() { std::filesystem::remove_all(path_); }
    Workplace(const Workplace&) = delete;
    Workplace& operator=(const Workplace&) = delete;
    const Path& path() const { return path_; }

private:
    Path path_;
};

}  // namespace varve
