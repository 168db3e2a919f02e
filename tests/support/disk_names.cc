#include "tests/support/disk_names.h"

#include <algorithm>
#include <set>

namespace varve {
namespace {

Error not_found(const Path& path) {
    return {ErrorCode::not_found, path.string() + ": no such file or directory"};
}
Error already_exists(const Path& path) {
    return {ErrorCode::already_exists, path.string() + ": is there already"};
}

void set(DiskNode::Entries& entries, const std::string& name, const DiskNodePtr& target) {
    if (target) {
        entries[name] = target;
    } else {
        entries.erase(name);
    }
}

void add_used(const DiskNode& node, std::set<const DiskNode*>& seen, Bytes& used) {
    if (!seen.insert(&node).second) return;
    used += node.file.size();
    for (const auto& [name, child] : node.live) add_used(*child, seen, used);
}

}  // namespace

// Copies the tree as the crash leaves it; a file with two names stays one file.
struct DiskNames::Crash {
    Survival survival;
    SeededRng& rng;
    std::unordered_map<const DiskNode*, DiskNode::Entries>
        entries;  // of directories that unsynced steps touched
    std::unordered_map<const DiskNode*, DiskNodePtr> copies;

    bool keeps_step(size_t index, size_t prefix, unsigned policy) {
        switch (survival) {
            case Survival::nothing:
                return false;
            case Survival::everything:
                return true;
            case Survival::random:
                return policy == 0 ? index < prefix : rng.one_in(2);
        }
        return false;
    }

    void apply(const std::vector<Step>& steps) {
        // A journaling file system keeps a prefix; others promise nothing.
        const auto policy = static_cast<unsigned>(rng.below(2));
        const size_t prefix = rng.below(steps.size() + 1);
        for (size_t i = 0; i < steps.size(); ++i) {
            if (!keeps_step(i, prefix, policy)) continue;
            for (const Change& change : steps[i]) {
                auto& names = entries.try_emplace(change.directory.get(), change.directory->durable)
                                  .first->second;
                set(names, change.name, change.target);
            }
        }
    }

    DiskNodePtr copy(const DiskNode& node) {
        if (const auto done = copies.find(&node); done != copies.end()) return done->second;
        auto made = std::make_shared<DiskNode>();
        copies.emplace(&node, made);
        made->is_directory = node.is_directory;
        made->modified = node.modified;
        if (!node.is_directory) made->file = DiskFile(node.file.after_crash(survival, rng));
        const auto touched = entries.find(&node);
        for (const auto& [name, child] :
             touched == entries.end() ? node.durable : touched->second) {
            made->durable.emplace(name, copy(*child));
        }
        made->live = made->durable;
        return made;
    }
};

DiskNames::DiskNames(const DiskNames& before, Survival survival, SeededRng& rng) {
    Crash crash{.survival = survival, .rng = rng, .entries = {}, .copies = {}};
    crash.apply(before.unsynced_);
    root_ = crash.copy(*before.root_);
}

Result<DiskNodePtr> DiskNames::find(const Path& path) const {
    DiskNodePtr node = root_;
    for (const Path& part : path.lexically_normal().relative_path()) {
        if (part.empty() || part == ".") continue;
        const auto child = node->live.find(part.string());
        if (child == node->live.end()) return not_found(path);
        node = child->second;
    }
    return node;
}

Result<DiskNodePtr> DiskNames::find_directory(const Path& path) const {
    VARVE_TRY(DiskNodePtr node, find(path));
    if (!node->is_directory) return not_found(path);
    return node;
}

void DiskNames::apply(Step step) {
    for (const Change& change : step) set(change.directory->live, change.name, change.target);
    unsynced_.push_back(std::move(step));
}

Result<DiskNodePtr> DiskNames::create(const Path& path, bool directory) {
    if (find(path)) return already_exists(path);
    VARVE_TRY(DiskNodePtr parent, find_directory(path.parent_path()));
    auto node = std::make_shared<DiskNode>(DiskNode{.is_directory = directory});
    apply({{parent, path.filename().string(), node}});
    return node;
}

Result<void> DiskNames::rename(const Path& from, const Path& to) {
    VARVE_TRY(DiskNodePtr node, find(from));
    VARVE_TRY(DiskNodePtr from_parent, find_directory(from.parent_path()));
    VARVE_TRY(DiskNodePtr to_parent, find_directory(to.parent_path()));
    if (const auto replaced = find(to)) {
        if ((*replaced)->is_directory && !(*replaced)->live.empty()) return already_exists(to);
        if (*replaced == node) return ok();
    }
    apply({{from_parent, from.filename().string(), nullptr},
           {to_parent, to.filename().string(), node}});
    return ok();
}

Result<void> DiskNames::link(const Path& from, const Path& to) {
    VARVE_TRY(DiskNodePtr node, find(from));
    if (find(to)) return already_exists(to);
    VARVE_TRY(DiskNodePtr parent, find_directory(to.parent_path()));
    apply({{parent, to.filename().string(), node}});
    return ok();
}

Result<void> DiskNames::remove(const Path& path, bool directory) {
    VARVE_TRY(DiskNodePtr node, find(path));
    if (node->is_directory != directory)
        return Error{ErrorCode::io, path.string() + ": of the other kind"};
    if (!node->live.empty()) return already_exists(path);
    VARVE_TRY(DiskNodePtr parent, find_directory(path.parent_path()));
    apply({{parent, path.filename().string(), nullptr}});
    return ok();
}

void DiskNames::sync(const DiskNodePtr& directory) {
    const auto concerns = [&](const Step& step) {
        return std::any_of(
            step.begin(), step.end(), [&](const Change& c) { return c.directory == directory; });
    };
    for (const Step& step : unsynced_) {
        if (!concerns(step)) continue;
        for (const Change& change : step)
            set(change.directory->durable, change.name, change.target);
    }
    std::erase_if(unsynced_, concerns);
}

Bytes DiskNames::used() const {
    std::set<const DiskNode*> seen;
    Bytes used = 0;
    add_used(*root_, seen, used);
    return used;
}

}  // namespace varve
