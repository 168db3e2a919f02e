// One HTTP request and its answer, as the API sees them: parsed, bounded, without a socket.
#pragma once

#include "engine/base/result.h"

#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace varve {

struct ApiRequest {
    std::string method;             // "GET"
    std::vector<std::string> path;  // segments after /api, percent-decoded: {"queues", "/", "q"}
    std::map<std::string, std::string, std::less<>> query;
    boost::json::object body;         // empty where none came
    std::vector<std::string> params;  // what the route's placeholders stand for, in order

    // Of the query; none if it is missing.
    std::optional<std::string> asked(std::string_view name) const;
};

struct ApiAnswer {
    unsigned status = 200;
    std::optional<boost::json::value> body;
};

inline ApiAnswer answer(boost::json::value body) { return {200, std::move(body)}; }
inline ApiAnswer created() { return {201, std::nullopt}; }
inline ApiAnswer no_content() { return {204, std::nullopt}; }
// {"error": ..., "reason": ...}, as RabbitMQ's management API answers.
ApiAnswer refusal(unsigned status, std::string_view error, std::string_view reason);
ApiAnswer not_found();
ApiAnswer bad_request(std::string_view reason);
// The one table from the broker's errors to HTTP's statuses.
ApiAnswer refusal(const Error& error);

// `target` as it stands in the request line: "/api/queues/%2F?columns=name". `invalid_argument` for
// anything that is not below /api.
Result<ApiRequest> parse_api_request(std::string method,
                                     std::string_view target,
                                     std::string_view body);

}  // namespace varve
