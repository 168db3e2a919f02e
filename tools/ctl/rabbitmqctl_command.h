// `varve rabbitmqctl` in the program's table of commands.
#pragma once

#include "tools/command.h"

namespace varve::ctl {

// Everything after its name is rabbitmqctl's own.
varve::Command rabbitmqctl_command();

}  // namespace varve::ctl
