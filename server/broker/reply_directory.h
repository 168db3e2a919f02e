// Direct reply-to: who waits for answers, under names that are no queues.
#pragma once

#include "engine/base/mutex.h"
#include "server/broker/consumer_port.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace varve {

// What a requester consumes from and puts into `reply-to`. A responder finds a name of the
// requester's own there, which begins the same and goes on with a dot and what nobody can guess.
constexpr std::string_view kReplyQueue = "amq.rabbitmq.reply-to";
constexpr std::string_view kReplyPrefix = "amq.rabbitmq.reply-to.";

// Replies go from the responder's publish to the requester's channel, through no queue: a name is
// good for as long as the channel consumes. One entry for each such channel.
//
// Threading: Thread-safe.
class ReplyDirectory {
public:
    void add(const std::string& name, std::shared_ptr<ConsumerPort> port) {
        const MutexLock lock(mutex_);
        ports_[name] = std::move(port);
    }
    void remove(const std::string& name) {
        const MutexLock lock(mutex_);
        ports_.erase(name);
    }
    // Null: the requester is gone, or never was.
    std::shared_ptr<ConsumerPort> find(std::string_view name) const {
        const MutexLock lock(mutex_);
        const auto found = ports_.find(name);
        return found == ports_.end() ? nullptr : found->second;
    }

private:
    mutable Mutex mutex_;  // The last one taken: nothing is called under it.
    // Shared with the channel: each ends without the other.
    std::map<std::string, std::shared_ptr<ConsumerPort>, std::less<>> ports_
        VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
