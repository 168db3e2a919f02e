// The names of a simulated disk: a tree of directories whose changes are durable only once a
// directory is synced.
#pragma once

#include "engine/io/file_system.h"
#include "tests/support/disk_file.h"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace varve {

// A file or a directory. Shared by its names and by open handles, as an inode is.
struct DiskNode {
    using Entries = std::map<std::string, std::shared_ptr<DiskNode>>;
    bool is_directory = false;
    DiskFile file;
    uint64_t modified = 0;  // number of the event that changed it last
    Entries live;
    Entries durable;
};
using DiskNodePtr = std::shared_ptr<DiskNode>;

// Caller-serialised. Paths are absolute or taken from the root. Failure: `not_found`,
// `already_exists`.
class DiskNames {
public:
    DiskNames() : root_(std::make_shared<DiskNode>(DiskNode{.is_directory = true})) {}
    // What a crash leaves of `before`.
    DiskNames(const DiskNames& before, Survival survival, SeededRng& rng);

    Result<DiskNodePtr> find(const Path& path) const;
    Result<DiskNodePtr> create(const Path& path, bool directory);
    Result<void> rename(const Path& from, const Path& to);
    Result<void> link(const Path& from, const Path& to);
    Result<void> remove(const Path& path, bool directory);
    void sync(const DiskNodePtr& directory);

    // The sizes of all files that have a name.
    Bytes used() const;

private:
    struct Change {
        DiskNodePtr directory;
        std::string name;
        DiskNodePtr target;  // null: the name goes
    };
    using Step = std::vector<Change>;  // one call: survives as a whole or not at all
    struct Crash;

    Result<DiskNodePtr> find_directory(const Path& path) const;
    void apply(Step step);

    DiskNodePtr root_;
    std::vector<Step> unsynced_;
};

}  // namespace varve
