#include "tools/load/stop_signal.h"

#include "engine/base/check.h"
#include "tools/load/clock.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace varve::load {

namespace {

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

}  // namespace

StopSignal::StopSignal() : wakeups_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    const sigset_t signals = stop_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    VARVE_CHECK(signals_ >= 0 && wakeups_ >= 0);
}

StopSignal::~StopSignal() {
    ::close(signals_);
    ::close(wakeups_);
    const sigset_t signals = stop_signals();
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

bool StopSignal::wait_until(int64_t until_ns) {
    std::array<pollfd, 2> waiting{
        {{.fd = signals_, .events = POLLIN}, {.fd = wakeups_, .events = POLLIN}}};
    // Rounded up, so that the time is over when it returns.
    const int64_t left_ms =
        (std::max<int64_t>(until_ns - now_ns(), 0) + kMillisecondNs - 1) / kMillisecondNs;
    ::poll(waiting.data(), waiting.size(), static_cast<int>(left_ms));
    uint64_t wakeups = 0;
    if (waiting[1].revents != 0) static_cast<void>(::read(wakeups_, &wakeups, sizeof wakeups) < 0);
    signalfd_siginfo signal{};
    return waiting[0].revents != 0 && ::read(signals_, &signal, sizeof signal) == sizeof signal;
}

void StopSignal::wake() {
    const uint64_t one = 1;
    // Fails only if it is already as loud as can be.
    static_cast<void>(::write(wakeups_, &one, sizeof one) < 0);
}

}  // namespace varve::load
