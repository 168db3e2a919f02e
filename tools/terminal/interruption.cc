#include "tools/terminal/interruption.h"

#include "engine/base/check.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace varve {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};

// A signal handler is told nothing but the number.
std::atomic<int> told{-1};

void tell(int /*number*/) {
    const int saved = errno;
    const uint64_t one = 1;
    static_cast<void>(::write(told.load(), &one, sizeof one) < 0);
    errno = saved;
}

}  // namespace

Interruption::Interruption() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    VARVE_CHECK(descriptor_ >= 0);
    told = descriptor_;
    struct sigaction action = {};
    action.sa_handler = tell;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    for (const int number : kSignals) ::sigaction(number, &action, nullptr);
}

Interruption::~Interruption() {
    for (const int number : kSignals) ::signal(number, SIG_DFL);
    ::close(descriptor_);
}

}  // namespace varve
