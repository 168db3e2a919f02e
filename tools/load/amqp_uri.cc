#include "tools/load/amqp_uri.h"

#include <charconv>

namespace varve::load {

namespace {

Error wrong(std::string_view text, std::string_view why) {
    return {ErrorCode::invalid_argument, "'" + std::string(text) + "': " + std::string(why)};
}

Result<std::string> unescaped(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned byte = 0;
        const char* digits = text.data() + i + 1;
        if (i + 2 >= text.size() ||
            std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
            return wrong(text, "% must be followed by two hex digits");
        }
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

// "host", "host:port" or "[v6]:port".
Result<void> parse_address(std::string_view text, AmqpUri& uri) {
    size_t colon = text.rfind(':');
    if (text.starts_with('[')) {
        const size_t end = text.find(']');
        if (end == std::string_view::npos) return wrong(text, "no ] after [");
        uri.host = text.substr(1, end - 1);
        if (colon < end) colon = std::string_view::npos;
    } else if (!text.substr(0, colon).empty()) {
        uri.host = text.substr(0, colon);
    }
    if (colon == std::string_view::npos) return ok();
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), uri.port);
    if (error != std::errc() || end != port.data() + port.size() || uri.port == 0) {
        return wrong(text, "the port must be a number from 1 to 65535");
    }
    return ok();
}

}  // namespace

Result<AmqpUri> AmqpUri::parse(std::string_view text) {
    constexpr std::string_view kScheme = "amqp://";
    if (text.starts_with("amqps://"))
        return wrong(text, "TLS is not supported here; use amqp:// on the plain port");
    if (!text.starts_with(kScheme)) return wrong(text, "an address begins with amqp://");
    std::string_view rest = text.substr(kScheme.size());
    AmqpUri uri;
    if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
        if (slash + 1 < rest.size()) {
            VARVE_TRY(uri.vhost, unescaped(rest.substr(slash + 1)));
        }
        rest = rest.substr(0, slash);
    }
    if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = rest.substr(0, at);
        const size_t colon = login.find(':');
        VARVE_TRY(uri.user, unescaped(login.substr(0, colon)));
        if (colon != std::string_view::npos) {
            VARVE_TRY(uri.password, unescaped(login.substr(colon + 1)));
        }
        rest = rest.substr(at + 1);
    }
    VARVE_TRY(parse_address(rest, uri));
    return uri;
}

}  // namespace varve::load
