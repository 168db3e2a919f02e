#include "tools/terminal/progress_bar.h"

#include "tools/terminal/output.h"
#include "tools/text/bytes_text.h"
#include "tools/text/size_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace varve {
namespace {

constexpr std::chrono::seconds kPatience(1);
constexpr std::chrono::milliseconds kRedraw(100);
constexpr size_t kBarColumns = 20;

}  // namespace

ProgressBar::ProgressBar(const Clock& clock)
    : clock_(clock), enabled_(is_terminal(STDERR_FILENO)), next_(clock.monotonic() + kPatience) {}

ProgressBar::~ProgressBar() { wipe(); }

void ProgressBar::show(std::string_view what, Bytes done, Bytes total) {
    const auto now = clock_.monotonic();
    if (!enabled_ || now < next_) return;
    next_ = now + kRedraw;
    drawn_ = true;
    const double part =
        total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto filled = static_cast<size_t>(part * kBarColumns);
    const std::string line = fmt::format("[{}{}] {:3.0f} %  {} of {}  {}",
                                         std::string(filled, '#'),
                                         std::string(kBarColumns - filled, '.'),
                                         part * 100,
                                         size_text(done),
                                         size_text(total),
                                         one_line(what));
    fmt::print(stderr, "\r\x1b[K{}", cut_to_columns(line, terminal_columns(STDERR_FILENO) - 1));
}

void ProgressBar::wipe() {
    if (std::exchange(drawn_, false)) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace varve
