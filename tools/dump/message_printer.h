// Prints messages in one of the formats of `varve dump`.
#pragma once

#include "tools/dump/message_text.h"
#include "tools/dump/output_format.h"
#include "tools/terminal/output.h"
#include "tools/terminal/style.h"
#include "tools/terminal/table.h"

#include <string>

namespace varve {

struct PrintOptions {
    OutputFormat format = OutputFormat::text;
    bool details = false;  // of text: everything, over several lines
    QueueColumn queue = QueueColumn::shown;
    std::string separator;  // of raw: between two bodies
};

// Threading: Caller-serialised. The output outlives it.
class MessagePrinter {
public:
    MessagePrinter(Output& output, const PrintOptions& options);

    // Lets the columns be wide enough for the messages of this log from the start.
    void expect(const NamedLog& log);
    Result<void> print(const StoredMessage& message);
    int64_t printed() const { return printed_; }

private:
    Result<void> print_text(const StoredMessage& message);

    Output& output_;
    const PrintOptions options_;
    const Style style_;
    Table table_;
    int64_t printed_ = 0;
};

}  // namespace varve
