// Event lines for the person who runs the broker: one event, one line, written where the decision
// is made.
//
//   2026-03-01T09:30:00.125Z warn journal.tail_cut path=/data/journal/7.vj bytes_cut=512
//   {"time":"2026-03-01T09:30:00.125Z","level":"warn","event":"journal.tail_cut","path":"/data/journal/7.vj",...}
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/io/clock.h"

#include <concepts>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace varve {

enum class DiagLevel : uint8_t { debug, info, warn, error };
enum class DiagFormat : uint8_t { text, json };

std::string_view to_string(DiagLevel level);

// A fact of an event. Views are borrowed for the call.
class DiagValue {
public:
    DiagValue(std::string_view text)
        : value_(text) {}  // NOLINT(google-explicit-constructor): {"name", value}
    DiagValue(const char* text)
        : value_(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
    DiagValue(const std::string& text)
        : value_(std::string_view(text)) {}       // NOLINT(google-explicit-constructor)
    DiagValue(bool flag) : value_(flag) {}        // NOLINT(google-explicit-constructor)
    DiagValue(double number) : value_(number) {}  // NOLINT(google-explicit-constructor)
    template <std::integral T>
    DiagValue(T number) {  // NOLINT(google-explicit-constructor)
        if constexpr (std::is_signed_v<T>)
            value_ = static_cast<int64_t>(number);
        else
            value_ = static_cast<uint64_t>(number);
    }

    const auto& get() const { return value_; }

private:
    std::variant<std::string_view, bool, double, int64_t, uint64_t> value_;
};

struct DiagField {
    std::string_view name;  // a word of this program: lower case, no escaping
    DiagValue value;
};

struct DiagOptions {
    DiagLevel level = DiagLevel::info;  // events below are dropped
    DiagFormat format = DiagFormat::text;
};

// Beyond this many lines of one event in a second the rest is counted; the next line of it that is
// written says `suppressed=<count>`. A client that reconnects in a loop must not fill the disk.
constexpr uint32_t kDiagLinesPerSecond = 20;

// Threading: Thread-safe. A line is handed over whole, so lines of several threads do not mix.
class Diag {
public:
    using Sink =
        std::function<void(std::string_view line)>;  // with its line end; called under the lock
    // To standard error.
    Diag(DiagOptions options, Clock& clock);
    Diag(DiagOptions options, Clock& clock, Sink sink);

    void debug(std::string_view event, std::initializer_list<DiagField> facts) {
        write(DiagLevel::debug, event, facts);
    }
    void info(std::string_view event, std::initializer_list<DiagField> facts) {
        write(DiagLevel::info, event, facts);
    }
    void warn(std::string_view event, std::initializer_list<DiagField> facts) {
        write(DiagLevel::warn, event, facts);
    }
    void error(std::string_view event, std::initializer_list<DiagField> facts) {
        write(DiagLevel::error, event, facts);
    }

private:
    struct Rate {
        int64_t second = 0;
        uint32_t lines = 0;
        uint64_t suppressed = 0;
    };

    void write(DiagLevel level, std::string_view event, std::initializer_list<DiagField> facts);
    // How many lines of the event were left out before this one; nothing if this one is left out,
    // too.
    std::optional<uint64_t> admit(std::string_view event, TimePoint now) VARVE_REQUIRES(mutex_);

    const DiagOptions options_;
    Clock& clock_;
    Mutex mutex_;
    const Sink sink_;
    std::map<std::string, Rate, std::less<>> rates_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
