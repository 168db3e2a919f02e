// One record's bytes (docs/storage-format.md, Record): private to the batch and its builder.
#pragma once

#include "engine/base/result.h"
#include "engine/record_batch.h"

#include <string>

namespace varve::record_codec {

// Appends the record to `out`, which has room reserved for it.
void append(std::string& out, const RecordView& record);

// Whole size, size field included, of the record that `from` starts with. The batch has been
// checked.
size_t size_at(const char* from);

// Of the body alone.
size_t body_size(const char* from);

// The record that `from` starts with. The batch has been checked.
RecordView decode(const char* from);

// As size_at(), for bytes of unknown origin: `corrupt` if the record's lengths do not fit each
// other or `bytes`.
Result<size_t> checked_size(ByteView bytes);

}  // namespace varve::record_codec
