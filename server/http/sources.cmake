# varve_http: the control door: HTTP, JSON, and the routes of RabbitMQ's management API.
add_library(varve_http STATIC
    http/api/accounts_json.cc
    http/api/binding_json.cc
    http/api/bindings.cc
    http/api/channels.cc
    http/api/connection_json.cc
    http/api/connections.cc
    http/api/consumers.cc
    http/api/context.cc
    http/api/cursors.cc
    http/api/exchanges.cc
    http/api/health.cc
    http/api/limits.cc
    http/api/nodes.cc
    http/api/overview.cc
    http/api/permissions.cc
    http/api/policies.cc
    http/api/queues.cc
    http/api/routes.cc
    http/api/users.cc
    http/api/vhosts.cc
    http/body.cc
    http/exchange.cc
    http/http_server.cc
    http/json_fields.cc
    http/listing.cc
    http/router.cc)
target_link_libraries(varve_http
    PRIVATE varve_flags fmt::fmt
    PUBLIC varve_broker varve_async varve_diag varve_message Boost::json)
