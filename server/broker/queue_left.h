// What a queue leaves behind when it moves to another shard, beyond what the engine knows of it.
#pragma once

#include "engine/base/types.h"
#include "server/broker/mail.h"

#include <vector>

namespace varve {

struct QueueLeft {
    AdmittedRoom reported;  // what of it is in its occupancy
    // By level, where its logs ended for it: what follows arrives, and transient messages between
    // what follows. Empty without logs.
    std::vector<Offset> ends;
    std::vector<Arrival> late;  // what arrived where it was
};

}  // namespace varve
