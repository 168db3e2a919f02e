// `varve verify`: checks every checksum of a data directory.
#pragma once

#include "tools/command.h"

namespace varve {

Command verify_command();

}  // namespace varve
