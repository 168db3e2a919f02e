#include "engine/base/bytes.h"

namespace varve {

Error ByteReader::cut_short(size_t wanted) const {
    return {ErrorCode::corrupt,
            "cut short at byte " + std::to_string(at_) + ": " + std::to_string(wanted) +
                " more wanted, " + std::to_string(remaining()) + " left"};
}

}  // namespace varve
