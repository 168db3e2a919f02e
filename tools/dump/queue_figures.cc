#include "tools/dump/queue_figures.h"

#include <algorithm>

namespace varve {
namespace {

CursorFigures figures_of(const CursorSnapshot& cursor, OffsetRange range) {
    CursorFigures figures{.id = cursor.id,
                          .floor = cursor.settled.floor(),
                          .settled_above = cursor.settled.count_above_floor(),
                          .delivered_below = cursor.delivered_below};
    // Between the floor and the last settled offset, one hole comes before each run of settled
    // ones.
    if (cursor.settled.floor() < range.end)
        cursor.settled.for_each_settled_above_floor([&](OffsetRange) { ++figures.holes; });
    return figures;
}

}  // namespace

Result<QueueFigures> figures_of(const NamedLog& source) {
    const Log& log = *source.log;
    const MessageStates states(log);
    QueueFigures figures{.source = &source,
                         .is_stream = states.is_stream(),
                         .counts = states.counts(),
                         .range = log.range(),
                         .size = log.size(),
                         .segments = log.segments().size()};
    if (!figures.range.empty()) {
        VARVE_TRY(const BatchRef first, log.read(figures.range.begin));
        if (first)
            figures.oldest =
                RecordCursor(first, std::max(first->base(), figures.range.begin)).record().appended;
        VARVE_TRY(const BatchRef last, log.read(figures.range.end + -1));
        if (last) figures.newest = last->max_time();
    }
    for (const CursorId id : log.cursors()) {
        if (const auto cursor = log.cursor(id))
            figures.cursors.push_back(figures_of(*cursor, figures.range));
    }
    return figures;
}

void add_level(QueueFigures& queue, const QueueFigures& level) {
    queue.counts.ready += level.counts.ready;
    queue.counts.delivered += level.counts.delivered;
    queue.counts.settled += level.counts.settled;
    queue.counts.kept += level.counts.kept;
    queue.size += level.size;
    queue.segments += level.segments;
    if (level.oldest) queue.oldest = std::min(queue.oldest.value_or(*level.oldest), *level.oldest);
    if (level.newest) queue.newest = std::max(queue.newest.value_or(*level.newest), *level.newest);
    queue.range = {};
    queue.cursors.clear();
}

}  // namespace varve
