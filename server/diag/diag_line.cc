#include "server/diag/diag_line.h"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace varve {

namespace {

// Bytes of the UTF-8 character at the front of `text`; 0 if they are not UTF-8.
size_t utf8_size(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    size_t size = 0;
    if (lead < 0x80)
        size = 1;
    else if (lead >= 0xC2 && lead < 0xE0)
        size = 2;
    else if (lead >= 0xE0 && lead < 0xF0)
        size = 3;
    else if (lead >= 0xF0 && lead < 0xF5)
        size = 4;
    if (size == 0 || size > text.size()) return 0;
    for (size_t i = 1; i < size; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    return size;
}

void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text[0]);
        size_t size = utf8_size(text);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(text[0]);
        } else if (c < 0x20 || c == 0x7F || size == 0) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
            size = 1;
        } else {
            out.append(text.substr(0, size));
        }
        text.remove_prefix(size);
    }
    out.push_back('"');
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (const char c : text) {
        const bool plain = c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
        if (!plain) return true;
    }
    return false;
}

enum class Quotes : uint8_t { always, when_needed };

void append_value(std::string& out, const DiagValue& value, Quotes quotes) {
    std::visit(
        [&](const auto& v) {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<T, std::string_view>) {
                if (quotes == Quotes::always || needs_quotes(v))
                    append_quoted(out, v);
                else
                    out.append(v);
            } else {
                fmt::format_to(std::back_inserter(out), "{}", v);
            }
        },
        value.get());
}

std::string text_line(const DiagEvent& event) {
    std::string out =
        fmt::format("{} {} {}", rfc3339(event.time), to_string(event.level), event.name);
    for (const DiagField& fact : event.facts) {
        out.append(" ").append(fact.name).append("=");
        append_value(out, fact.value, Quotes::when_needed);
    }
    if (event.suppressed > 0)
        fmt::format_to(std::back_inserter(out), " suppressed={}", event.suppressed);
    out.push_back('\n');
    return out;
}

std::string json_line(const DiagEvent& event) {
    std::string out = fmt::format(R"({{"time":"{}","level":"{}","event":"{}")",
                                  rfc3339(event.time),
                                  to_string(event.level),
                                  event.name);
    for (const DiagField& fact : event.facts) {
        out.append(",\"").append(fact.name).append("\":");
        append_value(out, fact.value, Quotes::always);
    }
    if (event.suppressed > 0)
        fmt::format_to(std::back_inserter(out), ",\"suppressed\":{}", event.suppressed);
    out.append("}\n");
    return out;
}

}  // namespace

std::string rfc3339(TimePoint time) {
    int64_t ms = time.ms % 1000;
    if (ms < 0) ms += 1000;
    const std::time_t seconds = (time.ms - ms) / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                       utc.tm_year + 1900,
                       utc.tm_mon + 1,
                       utc.tm_mday,
                       utc.tm_hour,
                       utc.tm_min,
                       utc.tm_sec,
                       ms);
}

std::string diag_line(const DiagEvent& event, DiagFormat format) {
    return format == DiagFormat::json ? json_line(event) : text_line(event);
}

}  // namespace varve
