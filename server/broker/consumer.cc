#include "server/broker/consumer.h"

namespace varve {

bool take_credit(Consumer& consumer) {
    ConsumerPort& port = *consumer.port;
    if (port.outbox_bytes != nullptr &&
        port.outbox_bytes->load(std::memory_order_relaxed) >= kOutboxMax) {
        port.outbox_starved.store(true);
        // It may have drained between the look and the flag: look once more.
        if (port.outbox_bytes->load() >= kOutboxMax) return false;
    }
    if (consumer.ack_mode == AckMode::automatic) return true;
    if (port.consumer_credit != nullptr && !port.consumer_credit->try_take()) return false;
    if (port.channel_credit == nullptr || port.channel_credit->try_take()) return true;
    if (port.consumer_credit != nullptr) port.consumer_credit->give_back(1);
    return false;
}

}  // namespace varve
