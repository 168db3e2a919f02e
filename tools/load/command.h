// `varve bench`: the load generator as a command.
#pragma once

#include "tools/command.h"

namespace varve::load {

Command bench_command();

}  // namespace varve::load
