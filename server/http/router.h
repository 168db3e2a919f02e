// Which handler answers which address. One table per resource, all of them joined in
// api/routes.cc.
#pragma once

#include "server/async/task.h"
#include "server/http/exchange.h"

#include <span>
#include <string_view>
#include <vector>

namespace varve {

struct ApiContext;

// Runs on the HTTP thread; whatever belongs to a shard is asked there, by a task.
using ApiHandler = Task<ApiAnswer> (*)(ApiContext& context, ApiRequest request);

struct Route {
    std::string_view method;
    // "queues/:vhost/:name": what starts with a colon stands for one segment.
    std::string_view pattern;
    ApiHandler handler;
};

// Immutable once made.
class Router {
public:
    void add(std::span<const Route> routes);

    // Fills in request.params. 404 for an unknown address, 405 for a known one that does not know
    // the method. HEAD is answered as GET.
    struct Found {
        ApiHandler handler = nullptr;
        unsigned status = 404;  // where there is no handler
    };
    Found find(ApiRequest& request) const;

private:
    struct Known {
        std::vector<std::string_view> pattern;
        Route route;
    };
    std::vector<Known> routes_;
};

}  // namespace varve
