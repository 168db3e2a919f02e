#include "server/broker/consumer.h"

namespace varve {

bool take_credit(Consumer& consumer) {
    ConsumerPort& port = *consumer.port;
    if (port.outbox != nullptr && !port.outbox->has_room()) return false;
    if (consumer.ack_mode == AckMode::automatic) return true;
    if (port.consumer_credit != nullptr && !port.consumer_credit->try_take()) return false;
    if (port.channel_credit == nullptr || port.channel_credit->try_take()) return true;
    if (port.consumer_credit != nullptr) port.consumer_credit->give_back(1);
    return false;
}

}  // namespace varve
