// How a command that cannot go on says so: what, why, and what to do next.
#pragma once

#include "engine/base/result.h"
#include "tools/exit_code.h"

#include <string>

namespace varve {

struct Complaint {
    std::string what;  // "cannot read /var/lib/varve: Permission denied"
    std::string next;  // a command or a hint; may be empty, may have several lines
};

// Prints it on stderr and passes the exit code through.
ExitCode complain(const Complaint& complaint, ExitCode code);
// The same for an error that says everything itself.
ExitCode complain(const Error& error, std::string_view next = {});

}  // namespace varve
