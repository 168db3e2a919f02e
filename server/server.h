// The composition root: everything that varved consists of, put together, started and stopped in
// order.
#pragma once

#include "engine/engine.h"
#include "server/amqp/options.h"
#include "server/amqp/sessions.h"
#include "server/async/shard.h"
#include "server/broker/broker.h"
#include "server/config.h"
#include "server/diag/diag.h"
#include "server/exit_code.h"
#include "server/http/api/context.h"
#include "server/http/http_server.h"
#include "server/http/router.h"
#include "server/net/listener.h"
#include "server/net/tls_door.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace varve {

// Start, in this order: the addresses are taken (a busy port shows before anything else is
// touched), the engine opens and recovers, the broker rebuilds its queues, the shards run, and only
// then connections are accepted, and the control door is opened.
//
// Stop, newest first: the control door is closed; no more connections; clients are told
// (connection.close 320) and given a few seconds; the broker waits until what it accepted is
// durable; the shards end; the engine closes.
//
// Threading: start() and stop() from one thread that is no shard; on_failure() before anything can
// fail, after start().
class Server {
public:
    using Outcome = std::variant<std::unique_ptr<Server>, StartFailure>;
    // `diag` outlives the server.
    static Outcome start(const Config& config, Diag& diag);
    ~Server();

    // "127.0.0.1:5672", one for each address that is listened on.
    std::vector<std::string> amqp_addresses() const;
    std::vector<std::string> amqps_addresses() const;
    bool has_tls() const { return tls_.has_value(); }
    // Reads the certificates again, for connections to come. If they do not do, the old ones stay,
    // and a line says so.
    void reload_certificates();
    // Called once, on a thread of the engine, when it cannot go on: end the process.
    void on_failure(std::function<void(const Error&)> handler);

    // Once. The error is the engine's: what it could not finish is recovered at the next start.
    Result<void> stop();

private:
    Server(const Config& config, Diag& diag);

    using Failed = std::optional<StartFailure>;
    Failed load_certificates();
    Failed take_addresses();
    using Listeners = std::vector<std::unique_ptr<Listener>>;
    Failed take_addresses(uint16_t configured_port, Listeners& listeners);
    Failed start_listeners(const Listeners& listeners, const Listener::Handler& handler);
    Failed open_engine();
    Failed start_broker();
    Failed accept_connections();
    void open_control_door();
    ApiContext api_context();
    void tell_recovery(std::chrono::nanoseconds started) const;
    void stop_sessions();

    const Config config_;
    Diag& diag_;
    amqp::AmqpOptions amqp_options_;
    ShardSet shards_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<Broker> broker_;
    std::vector<std::unique_ptr<amqp::Sessions>> sessions_;  // one for each shard
    Listeners listeners_;
    Listeners tls_listeners_;
    std::optional<TlsDoor> tls_;  // if there are certificates
    const Router router_;
    std::optional<ApiContext> api_;
    std::unique_ptr<HttpServer> control_;  // null if its socket cannot be
};

}  // namespace varve
