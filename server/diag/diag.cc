#include "server/diag/diag.h"

#include "server/diag/diag_line.h"

#include <cerrno>
#include <unistd.h>

namespace varve {

namespace {

void write_to_standard_error(std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // nowhere left to say so
        line.remove_prefix(static_cast<size_t>(written));
    }
}

}  // namespace

std::string_view to_string(DiagLevel level) {
    switch (level) {
        case DiagLevel::debug:
            return "debug";
        case DiagLevel::info:
            return "info";
        case DiagLevel::warn:
            return "warn";
        case DiagLevel::error:
            return "error";
    }
    return "";
}

Diag::Diag(DiagOptions options, Clock& clock) : Diag(options, clock, write_to_standard_error) {}

Diag::Diag(DiagOptions options, Clock& clock, Sink sink)
    : options_(options), clock_(clock), sink_(std::move(sink)) {}

void Diag::write(DiagLevel level, std::string_view event, std::initializer_list<DiagField> facts) {
    if (level < options_.level) return;
    const TimePoint now = clock_.now();
    const MutexLock lock(mutex_);
    const std::optional<uint64_t> suppressed = admit(event, now);
    if (!suppressed) return;
    sink_(diag_line({now, level, event, {facts.begin(), facts.size()}, *suppressed},
                    options_.format));
}

std::optional<uint64_t> Diag::admit(std::string_view event, TimePoint now) {
    auto found = rates_.find(event);
    if (found == rates_.end()) found = rates_.emplace(std::string(event), Rate{}).first;
    Rate& rate = found->second;
    if (const int64_t second = now.ms / 1000; rate.second != second) {
        rate.second = second;
        rate.lines = 0;
    }
    if (rate.lines >= kDiagLinesPerSecond) {
        ++rate.suppressed;
        return std::nullopt;
    }
    ++rate.lines;
    return std::exchange(rate.suppressed, 0);
}

}  // namespace varve
