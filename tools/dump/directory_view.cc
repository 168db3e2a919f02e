#include "tools/dump/directory_view.h"

#include "server/broker/definitions.h"
#include "tools/text/bytes_text.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace varve {
namespace {

bool comes_before(const NamedLog& a, const NamedLog& b) {
    const auto order = [](const NamedLog& log) {
        return std::tuple(
            log.queue.empty(), std::string_view(log.vhost), std::string_view(log.queue), log.level);
    };
    return order(a) < order(b);
}

}  // namespace

DirectoryView::DirectoryView(std::unique_ptr<Snapshot> snapshot) : snapshot_(std::move(snapshot)) {
    name_logs();
}

Result<DirectoryView> DirectoryView::open(FileSystem& files,
                                          const Path& directory,
                                          OnDamage on_damage) {
    VARVE_TRY(auto snapshot, Snapshot::open(files, directory, on_damage));
    return DirectoryView(std::move(snapshot));
}

const NamedLog* DirectoryView::find(const LogId& id) const {
    const auto at = index_.find(id);
    return at == index_.end() ? nullptr : &logs_[at->second];
}

Result<void> DirectoryView::advance() {
    VARVE_TRY(snapshot_->advance());
    name_logs();
    return ok();
}

void DirectoryView::name_logs() {
    std::unordered_map<LogId, NamedLog> by_id;
    std::unordered_map<QueueId, LogId> first_logs;  // of queues that have a name
    for (LogRef& log : snapshot_->logs()) {
        const LogId id = log->id();
        by_id.emplace(id, NamedLog{.log = std::move(log)});
    }
    unreadable_.clear();
    snapshot_->for_each_definition([&](const CatalogueKey& key, ByteView value) {
        if (key.kind == static_cast<uint8_t>(DefinitionKind::cursor)) {
            const auto cursor = decode_cursor(value);
            if (!cursor || !first_logs.contains(cursor->queue)) return;
            const auto named = by_id.find(first_logs.at(cursor->queue));
            if (named != by_id.end())
                named->second.cursor_names[cursor_id_of(cursor->name)] = cursor->name;
            return;
        }
        if (key.kind != static_cast<uint8_t>(DefinitionKind::queue)) return;
        const auto queue = decode_queue(value);
        if (!queue) {
            unreadable_.push_back("definition of queue " + one_line(key.id) + ": " +
                                  queue.error().detail);
            return;
        }
        if (!queue->logs.empty()) first_logs[queue->id] = queue->logs.front();
        for (size_t level = 0; level < queue->logs.size(); ++level) {
            const auto named = by_id.find(queue->logs[level]);
            if (named == by_id.end()) continue;
            named->second.vhost = queue->vhost;
            named->second.queue = queue->declaration.name;
            named->second.level = static_cast<uint8_t>(level);
            named->second.has_levels = queue->logs.size() > 1;
        }
    });
    logs_.clear();
    for (auto& [id, named] : by_id) logs_.push_back(std::move(named));
    std::ranges::sort(logs_, comes_before);
    index_.clear();
    for (size_t i = 0; i < logs_.size(); ++i) index_.emplace(logs_[i].log->id(), i);
}

}  // namespace varve
