// How varved ends when it cannot go on: one code for each thing that a person, or a service
// manager, does about it.
#pragma once

#include "engine/base/result.h"

#include <string>

namespace varve {

// The numbers of sysexits.h; docs/configuration.md, Exit codes.
enum class ExitCode : int {
    ok = 0,
    usage = 64,          // a flag is wrong
    damaged_data = 65,   // confirmed data does not verify
    unavailable = 69,    // the address or port cannot be listened on
    internal = 70,       // a bug of varved
    cannot_create = 73,  // the data directory cannot be made
    io = 74,             // the disk failed
    busy = 75,           // another process has the data directory: try again when it has gone
    newer_format = 76,   // the data directory was written by a newer varved
    no_permission = 77,  // the operating system refuses
    config = 78,         // the configuration file or an environment variable is wrong
};

// Why varved does not run, for a person: what, why, and what to do next, in one line.
struct StartFailure {
    ExitCode exit_code = ExitCode::internal;
    std::string text;
};

// What a failed Engine::open() or Broker::start() means. `subject` is the data directory.
StartFailure start_failure_of(const Error& error, const std::string& subject);

}  // namespace varve
