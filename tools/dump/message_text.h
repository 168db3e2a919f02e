// A message for people: one line of a table, or all there is to know, over several lines.
#pragma once

#include "tools/dump/stored_message.h"
#include "tools/terminal/table.h"

#include <string>

namespace varve {

enum class QueueColumn : uint8_t { hidden, shown };
std::vector<Column> message_columns(QueueColumn queue);
Row message_row(const StoredMessage& message, QueueColumn queue);

// Everything, with an empty line behind it.
std::string message_details(const StoredMessage& message, const Style& style);

}  // namespace varve
