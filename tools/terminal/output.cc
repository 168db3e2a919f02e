#include "tools/terminal/output.h"

#include <cerrno>
#include <sys/ioctl.h>
#include <system_error>
#include <unistd.h>

namespace varve {
namespace {

constexpr size_t kBufferSize = 64 << 10;

Error write_error(int number) {
    const std::string detail = "standard output: " + std::generic_category().message(number);
    if (number == EPIPE) return {ErrorCode::closed, detail};
    return {number == ENOSPC || number == EDQUOT ? ErrorCode::no_space : ErrorCode::io, detail};
}

}  // namespace

Output::Output(int descriptor)
    : descriptor_(descriptor), is_terminal_(varve::is_terminal(descriptor)) {}

Result<void> Output::write(std::string_view bytes) {
    buffer_ += bytes;
    // A person watches a terminal: each line at once.
    return buffer_.size() >= kBufferSize || is_terminal_ ? flush() : state_;
}

Result<void> Output::flush() {
    std::string_view rest = buffer_;
    while (state_ && !rest.empty()) {
        const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
        if (written >= 0)
            rest.remove_prefix(static_cast<size_t>(written));
        else if (errno != EINTR)
            state_ = write_error(errno);
    }
    buffer_.clear();
    return state_;
}

size_t terminal_columns(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

}  // namespace varve
