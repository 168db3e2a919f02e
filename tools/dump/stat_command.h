// `varve stat`: what is in a data directory, in numbers.
#pragma once

#include "tools/command.h"

namespace varve {

Command stat_command();

}  // namespace varve
