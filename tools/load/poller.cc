#include "tools/load/poller.h"

#include "engine/base/check.h"
#include "tools/load/clock.h"

#include <algorithm>
#include <unistd.h>

namespace varve::load {

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) { VARVE_CHECK(fd_ >= 0); }

Poller::~Poller() { ::close(fd_); }

void Poller::add(int fd, size_t index) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    VARVE_CHECK(::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void Poller::change(int fd, size_t index, Wants wants) {
    const uint32_t interest = wants == Wants::input ? EPOLLIN : EPOLLIN | EPOLLOUT;
    epoll_event event{.events = interest, .data = {.u64 = index}};
    VARVE_CHECK(::epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event) == 0);
}

std::span<const Poller::Event> Poller::wait(int64_t until_ns) {
    const int64_t left_ns = std::max<int64_t>(until_ns - now_ns(), 0);
    const timespec timeout{.tv_sec = left_ns / kSecondNs, .tv_nsec = left_ns % kSecondNs};
    const int count =
        ::epoll_pwait2(fd_, raw_.data(), static_cast<int>(raw_.size()), &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = raw_[static_cast<size_t>(i)];
        events_[static_cast<size_t>(i)] = {
            .index = event.data.u64,
            .input = (event.events & ~static_cast<uint32_t>(EPOLLOUT)) != 0,
            .room = (event.events & EPOLLOUT) != 0};
    }
    return {events_.data(), static_cast<size_t>(std::max(count, 0))};
}

}  // namespace varve::load
