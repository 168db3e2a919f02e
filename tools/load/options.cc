#include "tools/load/options.h"

#include "tools/load/stamp.h"

namespace varve::load {

std::string Options::queue_name(uint32_t queue) const {
    std::string name = queue_pattern;
    if (const size_t at = name.find('%'); at != std::string::npos)
        name.replace(at, 1, std::to_string(queue));
    return name;
}

Result<void> validate(const Options& options) {
    const auto refuse = [](std::string why) {
        return Error{ErrorCode::invalid_argument, std::move(why)};
    };
    if (options.size < kStampSize) {
        return refuse("--size must be at least " + std::to_string(kStampSize) +
                      ": each message carries its publisher, number and time for the check");
    }
    if (options.queues == 0) return refuse("--queues: at least one");
    if (options.queues > 1 && options.queue_pattern.find('%') == std::string::npos) {
        return refuse(
            "--queue-pattern needs a % for the number of the queue when there is more than one");
    }
    if (options.queue_name(options.queues).size() > 255)
        return refuse("--queue-pattern: at most 255 bytes");
    if (options.publishers > 65535) return refuse("--publishers: at most 65535");
    if (options.prefetch != 0 && options.ack_every > options.prefetch && !options.auto_ack) {
        return refuse(
            "--ack-every must not exceed --prefetch: the broker would wait for acks that never "
            "come");
    }
    if (options.reconnect && options.auto_ack) {
        return refuse(
            "--reconnect with --auto-ack: what is on its way when the broker dies would count as "
            "lost");
    }
    if (options.reconnect && options.publishes() && options.confirm_window == 0) {
        return refuse(
            "--reconnect needs --confirm: without confirms nobody knows what the broker has taken");
    }
    if (options.roles == Roles::both && (options.consumers == 0 || options.publishers == 0)) {
        return refuse(
            "at least one publisher and one consumer, or --publish-only, or --consume-only");
    }
    return ok();
}

}  // namespace varve::load
