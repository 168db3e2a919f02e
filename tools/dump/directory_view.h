// A data directory as the commands here see it: the engine's snapshot, and the names of the queues
// in it.
#pragma once

#include "engine/base/result.h"
#include "engine/snapshot.h"
#include "tools/dump/named_log.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace varve {

// Threading: Caller-serialised.
// Lifetime:  what it gives out is good until the next advance(); messages read from its logs as
// long as it lives.
class DirectoryView {
public:
    // As Snapshot::open().
    static Result<DirectoryView> open(FileSystem& files,
                                      const Path& directory,
                                      OnDamage on_damage = OnDamage::refuse);

    const Snapshot& snapshot() const { return *snapshot_; }
    // By vhost, name and level; those without a name last.
    const std::vector<NamedLog>& logs() const { return logs_; }
    // Null if there is no such log (any more).
    const NamedLog* find(const LogId& id) const;
    // Definitions that cannot be read: their queues have no name here. One sentence each.
    const std::vector<std::string>& unreadable() const { return unreadable_; }

    // As Snapshot::advance().
    Result<void> advance();

private:
    explicit DirectoryView(std::unique_ptr<Snapshot> snapshot);
    void name_logs();

    std::unique_ptr<Snapshot> snapshot_;
    std::vector<NamedLog> logs_;
    std::unordered_map<LogId, size_t> index_;  // into logs_
    std::vector<std::string> unreadable_;
};

}  // namespace varve
