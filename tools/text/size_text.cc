#include "tools/text/size_text.h"

#include <fmt/format.h>

namespace varve {

std::string size_text(Bytes size) {
    if (size < 1024) return fmt::format("{} B", size);
    constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(size) / 1024;
    const auto* unit = std::begin(kUnits);
    // 1023.95 would be printed as 1024.0.
    while (value >= 1023.95) {
        value /= 1024;
        ++unit;
    }
    return fmt::format("{:.1f} {}", value, *unit);
}

std::string count_text(int64_t count) {
    std::string text = std::to_string(count);
    const size_t digits_begin = count < 0 ? 1 : 0;
    for (size_t at = text.size(); at > digits_begin + 3; at -= 3) text.insert(at - 3, 1, ',');
    return text;
}

}  // namespace varve
