#include "tools/terminal/style.h"

#include <cstdlib>

namespace varve {
namespace {

std::string_view sequence_of(Colour colour) {
    switch (colour) {
        case Colour::plain:
            return "";
        case Colour::dim:
            return "\x1b[2m";
        case Colour::bold:
            return "\x1b[1m";
        case Colour::red:
            return "\x1b[31m";
        case Colour::green:
            return "\x1b[32m";
        case Colour::yellow:
            return "\x1b[33m";
        case Colour::cyan:
            return "\x1b[36m";
    }
    return "";
}

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

Style Style::of(bool terminal) {
    return Style(terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb");
}

std::string Style::paint(std::string_view text, Colour colour) const {
    const std::string_view begin = sequence_of(colour);
    if (!coloured_ || begin.empty() || text.empty()) return std::string(text);
    return std::string(begin).append(text).append("\x1b[0m");
}

}  // namespace varve
