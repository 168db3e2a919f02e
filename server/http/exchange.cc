#include "server/http/exchange.h"

#include <boost/json/parse.hpp>

#include <charconv>

namespace varve {

namespace {

// Deeper than any definition is; it bounds the parser's stack.
constexpr size_t kJsonDepthMax = 32;

// "%2F" is "/"; with `Plus::space`, as in a query, "+" is " ". None for half an escape.
enum class Plus : uint8_t { plus, space };
std::optional<std::string> percent_decoded(std::string_view text, Plus plus) {
    std::string out;
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '+' && plus == Plus::space) {
            out.push_back(' ');
        } else if (text[at] != '%') {
            out.push_back(text[at]);
        } else {
            unsigned value = 0;
            const char* begin = text.data() + at + 1;
            if (at + 2 >= text.size()) return std::nullopt;
            const auto [end, failed] = std::from_chars(begin, begin + 2, value, 16);
            if (failed != std::errc() || end != begin + 2) return std::nullopt;
            out.push_back(static_cast<char>(value));
            at += 2;
        }
    }
    return out;
}

template <typename Visit>
void split(std::string_view text, char at, const Visit& visit) {
    while (!text.empty()) {
        const size_t end = std::min(text.find(at), text.size());
        visit(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

Result<boost::json::object> parse_body(std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return boost::json::object();
    boost::json::error_code failed;
    boost::json::parse_options options;
    options.max_depth = kJsonDepthMax;
    boost::json::value value =
        boost::json::parse(boost::json::string_view(text.data(), text.size()), failed, {}, options);
    if (failed) return Error{ErrorCode::invalid_argument, "not_json"};
    if (!value.is_object()) return Error{ErrorCode::invalid_argument, "a JSON object is wanted"};
    return std::move(value.as_object());
}

}  // namespace

std::optional<std::string> ApiRequest::asked(std::string_view name) const {
    const auto found = query.find(name);
    if (found == query.end()) return std::nullopt;
    return found->second;
}

ApiAnswer refusal(unsigned status, std::string_view error, std::string_view reason) {
    return {status, boost::json::object{{"error", error}, {"reason", reason}}};
}

ApiAnswer not_found() { return refusal(404, "Object Not Found", "Not Found"); }
ApiAnswer bad_request(std::string_view reason) { return refusal(400, "bad_request", reason); }

ApiAnswer refusal(const Error& error) {
    switch (error.code) {
        case ErrorCode::not_found:
            return refusal(404, "Object Not Found", error.detail);
        case ErrorCode::access_refused:
            return refusal(401, "not_authorized", error.detail);
        case ErrorCode::invalid_argument:
        case ErrorCode::already_exists:
        case ErrorCode::precondition:
        case ErrorCode::resource_locked:
        case ErrorCode::not_implemented:
            return bad_request(error.detail);
        case ErrorCode::no_space:
        case ErrorCode::busy:
        case ErrorCode::closed:
            return refusal(503, "service_unavailable", error.detail);
        case ErrorCode::corrupt:
        case ErrorCode::newer_format:
        case ErrorCode::io:
            break;
    }
    return refusal(500, "internal_server_error", error.detail);
}

Result<ApiRequest> parse_api_request(std::string method,
                                     std::string_view target,
                                     std::string_view body) {
    ApiRequest request;
    request.method = std::move(method);
    const size_t question = std::min(target.find('?'), target.size());
    const std::string_view path = target.substr(0, question);
    bool decoded = true;
    split(path, '/', [&](std::string_view segment) {
        if (segment.empty()) return;  // the first one, and that of a slash at the end
        auto text = percent_decoded(segment, Plus::plus);
        decoded = decoded && text;
        request.path.push_back(text.value_or(""));
    });
    if (question < target.size()) {
        split(target.substr(question + 1), '&', [&](std::string_view pair) {
            const size_t equals = std::min(pair.find('='), pair.size());
            auto name = percent_decoded(pair.substr(0, equals), Plus::space);
            auto value = percent_decoded(
                equals < pair.size() ? pair.substr(equals + 1) : std::string_view(), Plus::space);
            decoded = decoded && name && value;
            request.query.emplace(name.value_or(""), value.value_or(""));
        });
    }
    if (!decoded) return Error{ErrorCode::invalid_argument, "bad percent-encoding in the address"};
    if (request.path.empty() || request.path.front() != "api")
        return Error{ErrorCode::not_found, "Not Found"};
    request.path.erase(request.path.begin());
    VARVE_TRY(request.body, parse_body(body));
    return request;
}

}  // namespace varve
