#include "tools/dump/dump_run.h"

#include "tools/dump/journal_watch.h"
#include "tools/dump/message_walk.h"

#include <algorithm>
#include <utility>

namespace varve {
namespace {

// What a snapshot has read of the journal stays in memory, but for what the store had: then a new
// one is cheaper.
constexpr Bytes kReadBeforeReopening = 128_MiB;

}  // namespace

Result<Walk> DumpRun::print(const DirectoryView& view, From from) {
    for (const NamedLog& log : view.logs()) {
        if (selector_.wants(log)) printer_.expect(log);
    }
    for (const NamedLog& log : view.logs()) {
        next_[log.log->id()] = log.log->range().end;
        if (from == From::end || !selector_.wants(log)) continue;
        VARVE_TRY(const OffsetRange range, offsets_to_read(log, selector_));
        VARVE_TRY(const Walk walk, print_range(log, range));
        if (walk == Walk::stop) return walk;
    }
    return Walk::go_on;
}

Result<Walk> DumpRun::print_new(const DirectoryView& view) {
    for (const NamedLog& log : view.logs()) {
        const OffsetRange range = log.log->range();
        Offset& next = next_.try_emplace(log.log->id(), range.begin).first->second;
        const OffsetRange fresh{std::max(next, range.begin), range.end};
        next = std::max(next, range.end);
        if (fresh.empty() || !selector_.wants(log)) continue;
        VARVE_TRY(const Walk walk, print_range(log, fresh));
        if (walk == Walk::stop) return walk;
    }
    return Walk::go_on;
}

Result<Walk> DumpRun::print_range(const NamedLog& log, OffsetRange range) {
    return walk_messages(log, selector_, range, [&](const StoredMessage& message) -> Result<Walk> {
        VARVE_TRY(printer_.print(message));
        if (--left_ > 0) return Walk::go_on;
        stopped_before_ = message.offset + 1;
        return Walk::stop;
    });
}

Result<Followed> follow(
    FileSystem& files, const Path& directory, Output& output, DumpRun& run, DirectoryView view) {
    // Before the first look: what is written from now on wakes it.
    JournalWatch watch(view.snapshot().directory().journal());
    Bytes read = 0;
    while (true) {
        const auto advanced = view.advance();
        if (!advanced || read > kReadBeforeReopening) {
            VARVE_TRY(view, DirectoryView::open(files, directory));
            read = 0;
        }
        read += view.snapshot().tail().bytes;
        VARVE_TRY(const Walk walk, run.print_new(view));
        VARVE_TRY(output.flush());
        if (walk == Walk::stop) return Followed::limit_reached;
        switch (watch.wait(output.descriptor())) {
            case JournalWatch::Event::maybe_new:
                break;
            case JournalWatch::Event::reader_gone:
                return Followed::reader_gone;
            case JournalWatch::Event::interrupted:
                return Followed::interrupted;
        }
    }
}

}  // namespace varve
