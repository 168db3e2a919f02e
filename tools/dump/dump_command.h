// `varve dump`: messages, or the frames of the journal.
#pragma once

#include "tools/command.h"

namespace varve {

Command dump_command();

}  // namespace varve
