#include "tools/dump/journal_watch.h"

#include <array>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace varve {
namespace {

constexpr int kLookAnywayMs = 1000;
// A busy broker writes thousands of times a second; to read its journal that often would cost it a
// core.
constexpr int kRestMs = 50;

}  // namespace

JournalWatch::JournalWatch(const Path& directory)
    : descriptor_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    // Without it, and without a watch, wait() still ends after a while.
    if (descriptor_ >= 0)
        ::inotify_add_watch(descriptor_, directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
}

JournalWatch::~JournalWatch() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

JournalWatch::Event JournalWatch::wait(int output) {
    std::array<pollfd, 3> waiting = {pollfd{output, 0, 0},
                                     pollfd{interruption_.descriptor(), POLLIN, 0},
                                     pollfd{descriptor_, POLLIN, 0}};
    ::poll(waiting.data(), waiting.size() - 1, kRestMs);
    ::poll(waiting.data(), waiting.size(), kLookAnywayMs);
    if ((waiting[0].revents & POLLERR) != 0) return Event::reader_gone;
    if (waiting[1].revents != 0) return Event::interrupted;
    // Everything up to here is read next: the events have told all they know.
    std::array<char, 4096> events{};
    while (descriptor_ >= 0 && ::read(descriptor_, events.data(), events.size()) > 0) {
    }
    return Event::maybe_new;
}

}  // namespace varve
