#include "server/http/router.h"

namespace varve {

namespace {

std::vector<std::string_view> segments_of(std::string_view pattern) {
    std::vector<std::string_view> segments;
    while (!pattern.empty()) {
        const size_t end = std::min(pattern.find('/'), pattern.size());
        segments.push_back(pattern.substr(0, end));
        pattern.remove_prefix(std::min(end + 1, pattern.size()));
    }
    return segments;
}

bool matches(const std::vector<std::string_view>& pattern, const std::vector<std::string>& path) {
    if (pattern.size() != path.size()) return false;
    for (size_t i = 0; i < pattern.size(); ++i) {
        if (!pattern[i].starts_with(':') && pattern[i] != path[i]) return false;
    }
    return true;
}

}  // namespace

void Router::add(std::span<const Route> routes) {
    for (const Route& route : routes) routes_.push_back({segments_of(route.pattern), route});
}

Router::Found Router::find(ApiRequest& request) const {
    std::string_view method = request.method;
    if (method == "HEAD") method = "GET";
    Found found;
    for (const Known& known : routes_) {
        if (!matches(known.pattern, request.path)) continue;
        found.status = 405;
        if (known.route.method != method) continue;
        for (size_t i = 0; i < known.pattern.size(); ++i) {
            if (known.pattern[i].starts_with(':')) request.params.push_back(request.path[i]);
        }
        found.handler = known.route.handler;
        return found;
    }
    return found;
}

}  // namespace varve
