#include "server/http/api/routes.h"

namespace varve {

Router api_router() {
    Router router;
    for (const auto routes : {binding_routes(),
                              channel_routes(),
                              connection_routes(),
                              consumer_routes(),
                              cursor_routes(),
                              exchange_routes(),
                              health_routes(),
                              limit_routes(),
                              node_routes(),
                              overview_routes(),
                              permission_routes(),
                              policy_routes(),
                              queue_routes(),
                              user_routes(),
                              vhost_routes()}) {
        router.add(routes);
    }
    return router;
}

}  // namespace varve
