// Takes everything that sessions have made out of a broker again.
#pragma once

#include "tests/support/broker_session.h"

namespace varve {

// Until nothing is left but what every vhost has; dies if it does not come to that. Sessions have
// ended, as far as their clients can see: what they owned has to go by itself.
void clean(RunningBroker& broker);

}  // namespace varve
