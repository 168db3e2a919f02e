#include "tools/dump/message_printer.h"

#include "tools/dump/message_json.h"
#include "tools/text/bytes_text.h"

namespace varve {

MessagePrinter::MessagePrinter(Output& output, const PrintOptions& options)
    : output_(output),
      options_(options),
      style_(Style::of(output.is_terminal())),
      table_(message_columns(options.queue),
             style_,
             output.is_terminal() ? terminal_columns(output.descriptor()) : Table::kNoEdge) {}

void MessagePrinter::expect(const NamedLog& log) {
    const OffsetRange range = log.log->range();
    if (range.empty()) return;
    Row row;
    if (options_.queue == QueueColumn::shown) row.push_back({one_line(log.title())});
    row.push_back({std::to_string(range.end.value - 1)});
    table_.fit(row);
}

Result<void> MessagePrinter::print(const StoredMessage& message) {
    switch (options_.format) {
        case OutputFormat::text:
            VARVE_TRY(print_text(message));
            break;
        case OutputFormat::json:
        case OutputFormat::jsonl:
            VARVE_TRY(output_.write(json_line(message)));
            break;
        case OutputFormat::raw:
            if (printed_ > 0) {
                VARVE_TRY(output_.write(options_.separator));
            }
            VARVE_TRY(output_.write(message.record.body));
            break;
    }
    ++printed_;
    return ok();
}

Result<void> MessagePrinter::print_text(const StoredMessage& message) {
    if (options_.details) return output_.write(message_details(message, style_));
    const std::string line = table_.line(message_row(message, options_.queue));
    return output_.write(printed_ == 0 ? table_.heading() + line : line);
}

}  // namespace varve
