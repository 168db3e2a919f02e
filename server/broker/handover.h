// How what was taken for a subscription gets to its port, here or on another shard.
#pragma once

#include "server/broker/consumer.h"
#include "server/broker/queue_context.h"

namespace varve {

// Hands over what is pending. False if its channel has gone and its cancel is on the way: then it
// is still pending, and to be given back.
bool hand_over_pending(QueueContext& context, const QueueAddress& queue, Consumer& consumer);

}  // namespace varve
