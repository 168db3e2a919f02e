#include "server/exit_code.h"

namespace varve {

StartFailure start_failure_of(const Error& error, const std::string& subject) {
    const std::string what = "cannot use the data directory " + subject + ": " + error.detail;
    switch (error.code) {
        case ErrorCode::busy:
            return {ExitCode::busy,
                    what + "; stop the other process, or choose another --data-dir"};
        case ErrorCode::newer_format:
            return {ExitCode::newer_format,
                    what + "; start the varved that wrote it, or a newer one"};
        case ErrorCode::corrupt:
            return {ExitCode::damaged_data, what + "; restore a backup; nothing was changed"};
        case ErrorCode::access_refused:
            return {ExitCode::no_permission, what + "; check owner and permissions"};
        case ErrorCode::not_found:
        case ErrorCode::invalid_argument:
        case ErrorCode::already_exists:
        case ErrorCode::precondition:
            return {ExitCode::cannot_create, what + "; check --data-dir"};
        case ErrorCode::no_space:
            return {ExitCode::io, what + "; free some disk space"};
        case ErrorCode::io:
        case ErrorCode::closed:
            return {ExitCode::io, what + "; check the disk and its file system"};
        case ErrorCode::resource_locked:
        case ErrorCode::not_implemented:
            break;
    }
    return {ExitCode::internal, what};
}

}  // namespace varve
