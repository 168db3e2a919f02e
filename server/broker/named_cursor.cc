#include "server/broker/named_cursor.h"

#include "server/broker/resource.h"

#include <algorithm>

namespace varve {

Error no_cursor(const QueueEntry& queue, std::string_view name) {
    return {ErrorCode::not_found,
            "no cursor '" + std::string(name) + "' of " + queue_text(queue.name, queue.vhost)};
}

Result<void> check_cursor_name(std::string_view name) {
    constexpr size_t kSizeMax = 255;
    const bool printable = std::ranges::none_of(
        name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (!name.empty() && name.size() <= kSizeMax && printable) return ok();
    return Error{ErrorCode::precondition,
                 "invalid arg 'x-cursor': expected a name of 1 to 255 bytes without control "
                 "characters"};
}

}  // namespace varve
