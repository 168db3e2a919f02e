// What a command tells the shell: the numbers of sysexits.h where one fits.
#pragma once

#include "engine/base/result.h"

#include <cstdint>

namespace varve {

enum class ExitCode : uint8_t {
    done = 0,
    nothing = 1,  // nothing matched, or a check failed
    partial = 3,
    usage = 64,
    damaged = 65,   // the data does not hold together, or is too new for this program
    bad_data = 65,  // the broker refuses what it is asked to set
    not_found = 66,
    unreachable = 69,  // no broker answers
    failed = 70,       // the broker could not do it
    io = 74,
    refused = 77,       // the operating system or the broker does not allow it
    interrupted = 130,  // by SIGINT, as shells report it
    pipe_closed = 141,  // nobody reads the output any more: as if SIGPIPE had ended the program
};

inline ExitCode exit_code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
        case ErrorCode::already_exists:
        case ErrorCode::precondition:
        case ErrorCode::not_implemented:
            return ExitCode::usage;
        case ErrorCode::not_found:
            return ExitCode::not_found;
        case ErrorCode::access_refused:
        case ErrorCode::resource_locked:
            return ExitCode::refused;
        case ErrorCode::closed:
            return ExitCode::unreachable;
        case ErrorCode::corrupt:
        case ErrorCode::newer_format:
            return ExitCode::damaged;
        case ErrorCode::no_space:
        case ErrorCode::busy:
        case ErrorCode::io:
            return ExitCode::io;
    }
    return ExitCode::io;
}

}  // namespace varve
