// Colour on a terminal. It never is the only signal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace varve {

enum class Colour : uint8_t { plain, dim, bold, red, green, yellow, cyan };

// Immutable.
class Style {
public:
    // Colours for a terminal, unless $NO_COLOR is set or $TERM is "dumb".
    static Style of(bool terminal);

    // The text in that colour; as it is without colours.
    std::string paint(std::string_view text, Colour colour) const;

private:
    explicit Style(bool coloured) : coloured_(coloured) {}
    bool coloured_;
};

}  // namespace varve
