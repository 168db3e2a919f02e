// Reads the messages of a log one by one, those that were asked for.
#pragma once

#include "engine/base/result.h"
#include "tools/dump/selector.h"
#include "tools/dump/stored_message.h"

#include <functional>

namespace varve {

enum class Walk : uint8_t { go_on, stop };
// The message is good during the visit only.
using MessageVisitor = std::function<Result<Walk>(const StoredMessage&)>;

// The offsets that the selector's offsets and times leave of the log. Looks for the time on the
// disk.
Result<OffsetRange> offsets_to_read(const NamedLog& source, const Selector& selector);

// Visits the messages of `range` that the selector wants, in order; answers `stop` if a visit did.
Result<Walk> walk_messages(const NamedLog& source,
                           const Selector& selector,
                           OffsetRange range,
                           const MessageVisitor& visit);

}  // namespace varve
