// What the replicas of one exchange remembered when a binding was added to them.
#pragma once

#include "engine/base/mutex.h"
#include "server/broker/exchanges/message_history.h"

#include <algorithm>
#include <vector>

namespace varve {

// Each shard adds its replica's history in the turn in which it adds the binding: a message goes to
// the new binding either by its route or from here, never both ways. Threading: Thread-safe.
class RecalledMessages {
public:
    void add(const std::vector<RememberedRef>& messages) {
        const MutexLock lock(mutex_);
        messages_.insert(messages_.end(), messages.begin(), messages.end());
    }
    // The newest `count` of all, oldest first.
    std::vector<RememberedRef> newest(size_t count) {
        const MutexLock lock(mutex_);
        std::ranges::stable_sort(
            messages_, {}, [](const RememberedRef& message) { return message->appended; });
        const size_t kept = std::min(count, messages_.size());
        return {messages_.end() - static_cast<ptrdiff_t>(kept), messages_.end()};
    }

private:
    Mutex mutex_;  // The only one; nothing is called under it.
    std::vector<RememberedRef> messages_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
