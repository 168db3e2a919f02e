#include "tools/dump/directory_figures.h"

#include "tools/terminal/table.h"
#include "tools/text/bytes_text.h"
#include "tools/text/json_writer.h"
#include "tools/text/size_text.h"
#include "tools/text/time_text.h"

#include <fmt/format.h>

namespace varve {
namespace {

Row row_of(const QueueFigures& queue) {
    // The floor says what is settled without a gap; holes are what waits in front of settled
    // messages.
    std::string cursors;
    for (const CursorFigures& cursor : queue.cursors) {
        if (queue.is_stream && cursor.id == kQueueCursor) continue;
        if (!cursors.empty()) cursors += ", ";
        const std::string name = queue.source->name_of(cursor.id);
        if (!name.empty())
            cursors += one_line(name) + " ";
        else if (cursor.id != kQueueCursor)
            cursors += fmt::format("#{} ", cursor.id.value);
        cursors += std::to_string(cursor.floor.value);
        if (cursor.holes > 0)
            cursors += fmt::format(" +{} in {}", count_text(cursor.settled_above), cursor.holes);
    }
    const auto time = [](const std::optional<TimePoint>& at) {
        return at ? column_text(*at) : std::string("-");
    };
    return {{one_line(queue.source->vhost)},
            {one_line(queue.source->delays() ? queue.source->queue : queue.source->title())},
            {count_text(queue.is_stream ? queue.counts.kept : queue.counts.ready)},
            {count_text(queue.counts.delivered),
             queue.counts.delivered > 0 ? Colour::yellow : Colour::plain},
            {count_text(queue.counts.settled)},
            {size_text(queue.size)},
            {queue.source->delays()
                 ? "-"
                 : fmt::format("{}..{}", queue.range.begin.value, queue.range.end.value)},
            {time(queue.oldest)},
            {time(queue.newest)},
            {cursors}};
}

bool is_of_one_queue(const NamedLog& one, const NamedLog& other) {
    return one.vhost == other.vhost && one.queue == other.queue;
}

void write_time(JsonWriter& json, std::string_view name, const std::optional<TimePoint>& time) {
    json.key(name);
    if (time)
        json.string(utc_text(*time));
    else
        json.null();
}

void write_queue(JsonWriter& json, const QueueFigures& queue) {
    json.begin_object();
    if (queue.source->delays()) {
        json.field("vhost", queue.source->vhost).field("queue", queue.source->queue);
        json.field("type", "delayed");
    } else {
        write_source(json, *queue.source);
        json.field("type", queue.is_stream ? "stream" : "queue");
    }
    json.field("ready", queue.counts.ready).field("delivered", queue.counts.delivered);
    json.field("settled_kept", queue.counts.settled).field("kept", queue.counts.kept);
    if (!queue.source->delays())
        json.field("begin", queue.range.begin.value).field("end", queue.range.end.value);
    json.field("size", queue.size).field("segments", queue.segments);
    write_time(json, "oldest", queue.oldest);
    write_time(json, "newest", queue.newest);
    const RetentionPolicy retention = queue.source->log->retention();
    json.key("retention").begin_object().field("bytes", retention.bytes);
    json.field("age_ms", int64_t{retention.age.count()}).end_object();
    json.key("cursors").begin_array();
    for (const CursorFigures& cursor : queue.cursors) {
        json.begin_object().field("id", cursor.id.value);
        if (const std::string name = queue.source->name_of(cursor.id); !name.empty())
            json.field("name", name);
        json.field("floor", cursor.floor.value);
        json.field("settled_above", cursor.settled_above).field("holes", cursor.holes);
        json.field("delivered_below", cursor.delivered_below.value).end_object();
    }
    json.end_array().end_object();
}

}  // namespace

Result<DirectoryFigures> figures_of(FileSystem& files,
                                    const DirectoryView& view,
                                    std::vector<const NamedLog*> logs) {
    const Snapshot& snapshot = view.snapshot();
    DirectoryFigures figures{.path = snapshot.directory().path().string(),
                             .in_use = snapshot.in_use(),
                             .journal_unstored = snapshot.tail().bytes,
                             .journal_end = snapshot.tail().end,
                             .store_applied = snapshot.store().applied()};
    for (const NamedLog* log : logs) {
        VARVE_TRY(auto queue, figures_of(*log));
        // Its levels are nobody's business: one line for what waits in a delayed exchange.
        if (log->delays() && !figures.queues.empty() &&
            is_of_one_queue(*figures.queues.back().source, *log)) {
            add_level(figures.queues.back(), queue);
        } else {
            figures.queues.push_back(std::move(queue));
        }
    }
    VARVE_TRY(const auto names, files.list(snapshot.directory().journal()));
    for (const std::string& name : names) {
        const auto info = files.info(snapshot.directory().journal() / name);
        if (!info) continue;  // recycled since
        figures.journal_size += info->size;
        ++figures.journal_files;
    }
    const StoreStats store = snapshot.store().stats();
    figures.store_size = store.bytes_on_disk;
    figures.store_files = store.files;
    return figures;
}

std::string stat_text(const DirectoryFigures& figures, const Style& style) {
    std::vector<Row> rows;
    for (const QueueFigures& queue : figures.queues) rows.push_back(row_of(queue));
    std::string text;
    if (rows.empty()) {
        text = "no durable queues\n";
    } else {
        text = table_text({{"VHOST"},
                           {"QUEUE"},
                           {"READY", Align::right},
                           {"DELIVERED", Align::right},
                           {"SETTLED", Align::right},
                           {"SIZE", Align::right},
                           {"OFFSETS", Align::right},
                           {"OLDEST"},
                           {"NEWEST"},
                           {"SETTLED BELOW"}},
                          rows,
                          style);
    }
    text += fmt::format(
        "\njournal  {} in {} files, {} of it not yet in the store; ends at position {}\n",
        size_text(figures.journal_size),
        figures.journal_files,
        size_text(figures.journal_unstored),
        figures.journal_end.value);
    text += fmt::format("store    {} in {} files, at position {}\n",
                        size_text(figures.store_size),
                        figures.store_files,
                        figures.store_applied.value);
    return text + (figures.in_use ? "a broker is at work here\n" : "no broker is at work here\n");
}

std::string stat_json(const DirectoryFigures& figures) {
    std::string line;
    JsonWriter json(line);
    json.begin_object()
        .field("v", int64_t{1})
        .field("directory", figures.path)
        .field("in_use", figures.in_use);
    json.key("queues").begin_array();
    for (const QueueFigures& queue : figures.queues) write_queue(json, queue);
    json.end_array();
    json.key("journal")
        .begin_object()
        .field("size", figures.journal_size)
        .field("files", figures.journal_files);
    json.field("unstored", figures.journal_unstored)
        .field("end", figures.journal_end.value)
        .end_object();
    json.key("store")
        .begin_object()
        .field("size", figures.store_size)
        .field("files", figures.store_files);
    json.field("applied", figures.store_applied.value).end_object();
    json.end_object();
    return line + '\n';
}

}  // namespace varve
