#include "bench/null_broker/socket.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace varve::null_broker {

namespace {

constexpr size_t kInboxSize = 256 * 1024;  // what one read takes; stays in the second-level cache
constexpr size_t kUnsentMax = 4 * 1024 * 1024;

}  // namespace

Socket::Socket(int fd)
    : fd_(fd), inbox_(std::make_unique<char[]>(kInboxSize)), capacity_(kInboxSize) {}

Socket::~Socket() { ::close(fd_); }

bool Socket::read() {
    const size_t left = end_ - begin_;
    if (left > capacity_ / 2) {  // a message larger than the inbox
        auto larger = std::make_unique<char[]>(capacity_ * 2);
        std::memcpy(larger.get(), inbox_.get() + begin_, left);
        inbox_ = std::move(larger);
        capacity_ *= 2;
    } else {
        std::memmove(inbox_.get(), inbox_.get() + begin_, left);
    }
    begin_ = 0;
    end_ = left;
    const ssize_t size = ::recv(fd_, inbox_.get() + end_, capacity_ - end_, 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    end_ += static_cast<size_t>(size);
    return size > 0;
}

bool Socket::flush() {
    while (unsent() > 0) {
        const ssize_t size = ::send(fd_, outbox_.data() + sent_, unsent(), MSG_NOSIGNAL);
        if (size > 0) {
            sent_ += static_cast<size_t>(size);
        } else if (errno == EAGAIN && unsent() > kUnsentMax) {
            if (!wait_for_room()) return false;
        } else if (errno == EAGAIN) {
            return true;
        } else if (errno != EINTR) {
            return false;
        }
    }
    outbox_.clear();
    sent_ = 0;
    return true;
}

bool Socket::wait_for_room() const {
    pollfd waiting{.fd = fd_, .events = POLLOUT, .revents = 0};
    return ::poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace varve::null_broker
