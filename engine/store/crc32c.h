// CRC-32C (Castagnoli), as RocksDB's log format has it. For its files only: our own formats carry
// XXH3. Private to the store.
#pragma once

#include "engine/base/types.h"

#include <cstdint>

namespace varve {

uint32_t crc32c(ByteView bytes);

}  // namespace varve
