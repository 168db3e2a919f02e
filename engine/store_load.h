// Brings the rows of the store into memory.
#pragma once

#include "engine/base/result.h"
#include "engine/engine_state.h"
#include "engine/store/store.h"
#include "engine/store_reader.h"

#include <memory>
#include <string>
#include <vector>

namespace varve {

// `corrupt` names log and row. With `losses`, rows that cannot be read are left out and listed
// there.
Result<void> load_state(const Store& store,
                        const std::shared_ptr<StoreReader>& reader,
                        EngineState& state,
                        std::vector<std::string>* losses);

}  // namespace varve
