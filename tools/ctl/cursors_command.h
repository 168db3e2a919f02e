// `varve cursors`: the places that readers of queues have under a name, at a running broker.
#pragma once

#include "tools/command.h"

namespace varve::ctl {

varve::Command cursors_command();

}  // namespace varve::ctl
