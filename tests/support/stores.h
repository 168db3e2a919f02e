// Builders for tests of the store: rows and batches whose content can be told from their place.
#pragma once

#include "engine/record_batch.h"
#include "engine/store/store.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// The n-th log: ids in the order of n.
LogId log_id(uint8_t n);

// A value that begins with an offset, as those of logs and segments do.
std::string value_of(Offset offset, std::string_view rest = "row");

// A stored batch of `range` whose records are `body_size` bytes long and differ from those of any
// other offset.
BatchRef stored_batch(OffsetRange range, size_t body_size = 10);
std::string body_of(Offset offset, size_t body_size = 10);

// Every row but the batches, as text keys and values.
using Rows = std::map<std::string, std::string>;
Result<Rows> rows_of(const Store& store);

// The offsets of all batches of a log that the store gives out, each checked against
// stored_batch().
Result<std::vector<OffsetRange>> batches_of(const Store& store, LogId log, Offset from = {});

}  // namespace varve
