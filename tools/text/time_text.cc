#include "tools/text/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>

namespace varve {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
// Years 0 to 9999 are what RFC 3339 can say.
constexpr int64_t kTimeMin = -62'167'219'200 * kSecond;
constexpr int64_t kTimeEnd = 253'402'300'800 * kSecond;

struct Unit {
    std::string_view name;
    int64_t ms;
};
// "ms" before "m": the first that fits is taken.
constexpr Unit kUnits[] = {
    {"ms", 1}, {"s", kSecond}, {"m", kMinute}, {"h", kHour}, {"d", kDay}, {"w", 7 * kDay}};

// Takes fields off the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_[0] != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take(std::string_view word) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    // Exactly that many digits.
    std::optional<int> digits(size_t count) {
        if (rest_.size() < count) return std::nullopt;
        int value = 0;
        for (const char c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    std::optional<int64_t> integer() {
        int64_t value = 0;
        const char* const end = rest_.data() + rest_.size();
        const auto [at, error] = std::from_chars(rest_.data(), end, value);
        if (error != std::errc()) return std::nullopt;
        rest_.remove_prefix(static_cast<size_t>(at - rest_.data()));
        return value;
    }
    // What follows a point, as milliseconds; further digits are cut off. Zero without a point.
    std::optional<int> fraction_ms() {
        if (!take('.')) return 0;
        int value = 0;
        size_t count = 0;
        for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count) {
            if (count < 3) value = value * 10 + (rest_[count] - '0');
        }
        if (count == 0) return std::nullopt;
        for (size_t i = count; i < 3; ++i) value *= 10;
        rest_.remove_prefix(count);
        return value;
    }

private:
    std::string_view rest_;
};

struct Clockface {
    int hour = 0;
    int minute = 0;
    int second = 0;
    int ms = 0;
};

std::optional<Clockface> take_clockface(Scanner& scanner) {
    Clockface face;
    const auto hour = scanner.digits(2);
    if (!hour || !scanner.take(':')) return std::nullopt;
    const auto minute = scanner.digits(2);
    if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
    face.hour = *hour;
    face.minute = *minute;
    if (!scanner.take(':')) return face;
    const auto second = scanner.digits(2);
    if (!second || *second > 60) return std::nullopt;  // 60: a leap second
    const auto ms = scanner.fraction_ms();
    if (!ms) return std::nullopt;
    face.second = *second;
    face.ms = *ms;
    return face;
}

// Minutes east of UTC.
std::optional<int> take_zone(Scanner& scanner) {
    if (scanner.take('Z') || scanner.take('z')) return 0;
    const bool east = scanner.take('+');
    if (!east && !scanner.take('-')) return std::nullopt;
    const auto hours = scanner.digits(2);
    if (!hours) return std::nullopt;
    scanner.take(':');
    const auto minutes = scanner.digits(2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    return (east ? 1 : -1) * (*hours * 60 + *minutes);
}

std::tm broken_down(int year, int month, int day, const Clockface& face) {
    std::tm fields{};
    fields.tm_year = year - 1900;
    fields.tm_mon = month - 1;
    fields.tm_mday = day;
    fields.tm_hour = face.hour;
    fields.tm_min = face.minute;
    fields.tm_sec = face.second;
    fields.tm_isdst = -1;  // mktime() finds out
    return fields;
}

int64_t floor_seconds(TimePoint time) {
    return time.ms / kSecond - (time.ms % kSecond < 0 ? 1 : 0);
}

// None: not a date at all.
std::optional<TimePoint> parse_date(std::string_view text) {
    Scanner scanner(text);
    const auto year = scanner.digits(4);
    if (!year || !scanner.take('-')) return std::nullopt;
    const auto month = scanner.digits(2);
    if (!month || !scanner.take('-')) return std::nullopt;
    const auto day = scanner.digits(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    Clockface face;
    if (scanner.take('T') || scanner.take('t') || scanner.take(' ')) {
        const auto taken = take_clockface(scanner);
        if (!taken) return std::nullopt;
        face = *taken;
    }
    std::tm fields = broken_down(*year, *month, *day, face);
    if (scanner.at_end()) return TimePoint{std::mktime(&fields) * kSecond + face.ms};
    const auto zone = take_zone(scanner);
    if (!zone || !scanner.at_end()) return std::nullopt;
    return TimePoint{::timegm(&fields) * kSecond + face.ms - *zone * kMinute};
}

std::optional<TimePoint> parse_time_of_day(std::string_view text, TimePoint now) {
    Scanner scanner(text);
    const auto face = take_clockface(scanner);
    if (!face || !scanner.at_end()) return std::nullopt;
    const std::time_t seconds = floor_seconds(now);
    std::tm today{};
    if (::localtime_r(&seconds, &today) == nullptr) return std::nullopt;
    // A day is not always 24 hours: mktime() has to count it back.
    for (int day = today.tm_mday; day >= today.tm_mday - 1; --day) {
        std::tm fields = broken_down(today.tm_year + 1900, today.tm_mon + 1, day, *face);
        const TimePoint time{std::mktime(&fields) * kSecond + face->ms};
        if (time <= now || day < today.tm_mday) return time;
    }
    return std::nullopt;
}

std::optional<TimePoint> parse_epoch(std::string_view text) {
    Scanner scanner(text);
    if (!scanner.take('@')) return std::nullopt;
    const auto seconds = scanner.integer();
    const auto ms = scanner.fraction_ms();
    if (!seconds || !ms || !scanner.at_end()) return std::nullopt;
    if (*seconds < kTimeMin / kSecond || *seconds >= kTimeEnd / kSecond) return std::nullopt;
    return TimePoint{*seconds * kSecond + *ms};
}

std::string text_of(const std::tm& fields, TimePoint time) {
    const int64_t ms = time.ms - floor_seconds(time) * kSecond;
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}",
                       fields.tm_year + 1900,
                       fields.tm_mon + 1,
                       fields.tm_mday,
                       fields.tm_hour,
                       fields.tm_min,
                       fields.tm_sec,
                       ms);
}

// Years beyond 9999 come from damaged or hostile data: there is no text for them.
bool printable(TimePoint time) { return time.ms >= kTimeMin && time.ms < kTimeEnd; }
std::string raw_text(TimePoint time) { return fmt::format("@{}ms", time.ms); }

}  // namespace

std::string utc_text(TimePoint time) {
    const std::time_t seconds = floor_seconds(time);
    std::tm fields{};
    if (!printable(time) || ::gmtime_r(&seconds, &fields) == nullptr) return raw_text(time);
    return text_of(fields, time) + "Z";
}

std::string local_text(TimePoint time) {
    const std::time_t seconds = floor_seconds(time);
    std::tm fields{};
    if (!printable(time) || ::localtime_r(&seconds, &fields) == nullptr) return raw_text(time);
    const long minutes = fields.tm_gmtoff / 60;
    const long size = std::labs(minutes);
    return fmt::format(
        "{}{}{:02}:{:02}", text_of(fields, time), minutes < 0 ? '-' : '+', size / 60, size % 60);
}

std::string column_text(TimePoint time) {
    std::string text = local_text(time);
    const size_t zone = text.find_last_of("+-");
    const size_t day_end = text.find('T');
    if (day_end == std::string::npos) return text;  // beyond what a calendar knows
    text.resize(zone);
    text[day_end] = ' ';
    return text;
}

std::string timestamp_text(uint64_t seconds) {
    constexpr auto kEnd = static_cast<uint64_t>(kTimeEnd / kSecond);
    if (seconds >= kEnd) return fmt::format("@{}", seconds);
    return utc_text({static_cast<int64_t>(seconds) * kSecond});
}

Result<TimePoint> parse_time(std::string_view text, TimePoint now) {
    if (text == "now") return now;
    if (const auto time = parse_epoch(text)) return *time;
    if (const auto time = parse_time_of_day(text, now)) return *time;
    if (const auto time = parse_date(text)) return *time;
    if (const auto ago = parse_duration(text)) return now + -*ago;
    return Error{ErrorCode::invalid_argument,
                 fmt::format("'{}' is no time; write 10m (ago), 14:00, 2026-05-04, "
                             "2026-05-04T14:00:00Z or @1777896191",
                             text)};
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    Scanner scanner(text);
    int64_t total = 0;
    bool good = !text.empty() && text[0] != '-';
    while (good && !scanner.at_end()) {
        const auto count = scanner.integer();
        const auto* unit = std::begin(kUnits);
        while (unit != std::end(kUnits) && !scanner.take(unit->name)) ++unit;
        good = count && *count >= 0 && unit != std::end(kUnits) && *count < kTimeEnd / unit->ms;
        if (good) total += *count * unit->ms;
        good = good && total < kTimeEnd;
    }
    if (!good) {
        return Error{ErrorCode::invalid_argument,
                     fmt::format("'{}' is no duration; write 500ms, 10m, 1h30m or 2d", text)};
    }
    return std::chrono::milliseconds(total);
}

std::string duration_text(std::chrono::milliseconds duration) {
    const double seconds = static_cast<double>(duration.count()) / 1000;
    const double size = std::abs(seconds);
    if (size < 10) return fmt::format("{:.2f} s", seconds);
    if (size < 120) return fmt::format("{:.0f} s", seconds);
    if (size < 120 * 60) return fmt::format("{:.0f} m", seconds / 60);
    if (size < 48 * 3600) return fmt::format("{:.0f} h", seconds / 3600);
    return fmt::format("{:.0f} d", seconds / 86400);
}

}  // namespace varve
