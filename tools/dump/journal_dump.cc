#include "tools/dump/journal_dump.h"

#include "tools/dump/directory_view.h"
#include "tools/dump/entry_text.h"
#include "tools/dump/journal_begin.h"
#include "tools/text/size_text.h"
#include "tools/text/time_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace varve {
namespace {

// Ends the scan from inside of it.
constexpr std::string_view kEnough = "enough";

Result<std::vector<Entry>> entries_of(const FrameView& frame) {
    ByteReader reader(frame.payload);
    std::vector<Entry> entries;
    for (uint32_t i = 0; i < frame.entry_count; ++i) {
        VARVE_TRY(auto entry, decode_entry(reader));
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::string frame_text(const FrameView& frame,
                       const Result<std::vector<Entry>>& entries,
                       const DirectoryView& view) {
    std::string text = fmt::format("{}  {}  {} byte {}  {}  boot {}\n",
                                   frame.begin.value,
                                   column_text(frame.written),
                                   frame.file.filename().string(),
                                   frame.file_offset,
                                   size_text(frame.end - frame.begin),
                                   frame.boot);
    if (!entries) return text + "    damaged: " + entries.error().detail + '\n';
    for (const Entry& entry : *entries) text += "    " + entry_text(entry, view) + '\n';
    return text;
}

std::string frame_json(const FrameView& frame,
                       const Result<std::vector<Entry>>& entries,
                       const DirectoryView& view) {
    std::string line;
    JsonWriter json(line);
    json.begin_object().field("v", int64_t{1});
    json.field("position", frame.begin.value).field("end", frame.end.value);
    json.field("durable_before", frame.durable_before.value);
    json.field("file", frame.file.filename().string()).field("byte", frame.file_offset);
    json.field("boot", frame.boot).field("ts", utc_text(frame.written));
    if (entries) {
        json.key("entries").begin_array();
        for (const Entry& entry : *entries) write_json(json, entry, view);
        json.end_array();
    } else {
        json.field("damaged", entries.error().detail);
    }
    json.end_object();
    return line + '\n';
}

class JournalPrinter {
public:
    JournalPrinter(OutputFormat format, int64_t limit, Output& output)
        : format_(format), limit_(limit), output_(output) {}

    Result<void> print(const FrameView& frame, const DirectoryView& view) {
        if (printed_ == limit_) return Error{ErrorCode::precondition, std::string(kEnough)};
        ++printed_;
        end_ = frame.end;
        if (format_ == OutputFormat::raw) return output_.write(frame.payload);
        const auto entries = entries_of(frame);
        return output_.write(format_ == OutputFormat::text ? frame_text(frame, entries, view)
                                                           : frame_json(frame, entries, view));
    }
    int64_t printed() const { return printed_; }
    // Of the last frame printed.
    Position end() const { return end_; }

private:
    const OutputFormat format_;
    const int64_t limit_;
    Output& output_;
    int64_t printed_ = 0;
    Position end_;
};

}  // namespace

Result<int64_t> dump_journal(const Path& directory,
                             OutputFormat format,
                             int64_t limit,
                             Output& output) {
    FileSystem& files = posix_file_system();
    JournalPrinter printer(format, limit, output);
    Position from;
    Error last_error;
    for (bool first = true;; first = false) {
        VARVE_TRY(const auto view, DirectoryView::open(files, directory, OnDamage::skip));
        const Path journal = view.snapshot().directory().journal();
        const Position applied = view.snapshot().store().applied();
        const Position oldest = std::min(journal_begin(files, journal).value_or(applied), applied);
        // What the broker recycles is read as long as it is there: it may go before our eyes.
        const bool recycled = view.snapshot().in_use() && oldest > from;
        if (!first && !recycled) return last_error;
        from = std::max(oldest, printer.end());
        const auto scanned = scan_journal(files, journal, from, [&](const FrameView& frame) {
            return printer.print(frame, view);
        });
        if (scanned || scanned.error().detail == kEnough) return printer.printed();
        last_error = scanned.error();
    }
}

}  // namespace varve
