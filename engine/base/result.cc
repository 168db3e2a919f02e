#include "engine/base/result.h"

namespace varve {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
            return "invalid argument";
        case ErrorCode::not_found:
            return "not found";
        case ErrorCode::already_exists:
            return "already exists";
        case ErrorCode::precondition:
            return "precondition failed";
        case ErrorCode::access_refused:
            return "access refused";
        case ErrorCode::resource_locked:
            return "resource locked";
        case ErrorCode::not_implemented:
            return "not implemented";
        case ErrorCode::no_space:
            return "no space left";
        case ErrorCode::closed:
            return "closed";
        case ErrorCode::busy:
            return "busy";
        case ErrorCode::io:
            return "input/output error";
        case ErrorCode::corrupt:
            return "damaged data";
        case ErrorCode::newer_format:
            return "newer format";
    }
    return "unknown error";
}

}  // namespace varve
