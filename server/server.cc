#include "server/server.h"

#include "server/http/api/routes.h"
#include "server/net/stream.h"
#include "server/version.h"

#include <boost/asio/ip/address.hpp>

#include <csignal>
#include <future>
#include <thread>
#include <unistd.h>

namespace varve {

namespace {

// A client gets 3 s to answer and 1 s to hang up; what does not end by then is cut off with the
// shards.
constexpr auto kSessionsTimeout = std::chrono::seconds(8);

uint32_t shard_count(const Config& config) {
    if (config.shards > 0) return config.shards;
    return std::max(1u, std::thread::hardware_concurrency());
}

amqp::AmqpOptions amqp_options(const Config& config) {
    amqp::AmqpOptions options;
    options.product = config.product;
    options.product_version = config.product_version;
    options.varve_version = kVersion;
    options.heartbeat = config.heartbeat;
    options.handshake_timeout = config.handshake_timeout;
    options.message_size_max = config.message_size_max;
    return options;
}

std::string host_name() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
    return name;
}

StartFailure listen_failure(const Error& error) {
    const std::string what = "cannot listen on " + error.detail;
    if (error.code == ErrorCode::busy) {
        return {ExitCode::unavailable,
                what + "; stop what uses it, or choose another --amqp-port or --amqps-port"};
    }
    if (error.code == ErrorCode::access_refused) {
        return {ExitCode::no_permission,
                what + "; choose a port above 1023, or start with more rights"};
    }
    return {ExitCode::unavailable, what + "; check --bind"};
}

}  // namespace

Server::Server(const Config& config, Diag& diag)
    : config_(config),
      diag_(diag),
      amqp_options_(amqp_options(config)),
      shards_(shard_count(config)),
      router_(api_router()) {}

Server::~Server() {
    // Without stop(), after a failed start: the shards have not run.
    control_.reset();
    listeners_.clear();
    tls_listeners_.clear();
    sessions_.clear();
    broker_.reset();
}

Server::Outcome Server::start(const Config& config, Diag& diag) {
    std::unique_ptr<Server> server(new Server(config, diag));
    diag.info("server.starting",
              {{"version", kVersion},
               {"data_dir", config.data_dir.string()},
               {"shards", server->shards_.count()}});
    using Step = Failed (Server::*)();
    for (const Step step : {&Server::load_certificates,
                            static_cast<Step>(&Server::take_addresses),
                            &Server::open_engine,
                            &Server::start_broker,
                            &Server::accept_connections}) {
        if (Failed failed = (server.get()->*step)()) return std::move(*failed);
    }
    return server;
}

Server::Failed Server::load_certificates() {
    if (config_.tls.certificates.empty()) return std::nullopt;
    tls_.emplace(shards_, config_.tls);
    if (auto loaded = tls_->load(); !loaded)
        return StartFailure{ExitCode::config, "TLS: " + loaded.error().detail};
    return std::nullopt;
}

void Server::reload_certificates() {
    if (!tls_) return;
    if (auto loaded = tls_->load(); !loaded) {
        diag_.error("tls.not_reloaded",
                    {{"reason", loaded.error().detail}, {"next", "the old certificates stay"}});
        return;
    }
    diag_.info("tls.reloaded", {{"certificates", config_.tls.certificates.size()}});
}

Server::Failed Server::take_addresses() {
    if (Failed failed = take_addresses(config_.amqp_port, listeners_)) return failed;
    if (!tls_) return std::nullopt;
    return take_addresses(config_.amqps_port, tls_listeners_);
}

Server::Failed Server::take_addresses(uint16_t configured_port, Listeners& listeners) {
    uint16_t port = configured_port;
    for (const std::string& address : config_.bind) {
        auto listener =
            Listener::open(shards_, diag_, {boost::asio::ip::make_address(address), port});
        if (!listener && configured_port == 0 && port != 0 &&
            listener.error().code == ErrorCode::busy) {
            // The port that was free on the first address need not be free on this one.
            listener = Listener::open(shards_, diag_, {boost::asio::ip::make_address(address), 0});
        }
        if (!listener) {
            // A machine without IPv6 has no ::1, which nobody asked for.
            const bool optional = config_.bind_is_default && !listeners.empty();
            if (!optional || listener.error().code == ErrorCode::busy)
                return listen_failure(listener.error());
            diag_.info("listener.left_out", {{"reason", listener.error().detail}});
            continue;
        }
        port = (*listener)->endpoint().port();
        listeners.push_back(std::move(*listener));
    }
    return std::nullopt;
}

Server::Failed Server::open_engine() {
    EngineOptions options;
    options.disk_free_limit = config_.disk_free_limit;
    auto engine = Engine::open({}, config_.data_dir, options);
    if (!engine) return start_failure_of(engine.error(), config_.data_dir.string());
    engine_ = std::move(*engine);
    return std::nullopt;
}

Server::Failed Server::start_broker() {
    const auto started = system_clock().monotonic();
    BrokerOptions options;
    options.message_size_max = config_.message_size_max;
    options.login = {config_.channel_max, config_.loopback_users};
    auto broker = Broker::start(*engine_, shards_, system_clock(), options);
    if (!broker) return start_failure_of(broker.error(), config_.data_dir.string());
    broker_ = std::move(*broker);
    tell_recovery(system_clock().monotonic() - started);
    for (ShardIndex index = 0; index < shards_.count(); ++index) {
        sessions_.push_back(
            std::make_unique<amqp::Sessions>(amqp::SessionEnvironment{shards_.at(index),
                                                                      broker_->at(index),
                                                                      amqp_options_,
                                                                      diag_,
                                                                      system_clock(),
                                                                      system_rng(),
                                                                      broker_->limits(),
                                                                      broker_->login_rules()}));
    }
    return std::nullopt;
}

void Server::tell_recovery(std::chrono::nanoseconds took) const {
    const RecoveryReport& engine = engine_->recovery();
    if (engine.bytes_cut > 0) {
        diag_.warn("journal.tail_cut",
                   {{"file", engine.cut_file.string()},
                    {"at", engine.cut_offset},
                    {"bytes_cut", engine.bytes_cut}});
    }
    const BrokerRecovery& broker = broker_->recovery();
    diag_.info(
        "server.recovered",
        {{"clean_stop", engine.clean_stop},
         {"journal_read", engine.journal_read},
         {"frames_replayed", engine.frames_replayed},
         {"queues", broker.queues},
         {"exchanges", broker.exchanges},
         {"ready_messages", broker.ready_messages},
         {"redelivered_messages", broker.redelivered_messages},
         {"took_ms",
          (engine.took + std::chrono::duration_cast<std::chrono::milliseconds>(took)).count()}});
}

Server::Failed Server::accept_connections() {
    shards_.start();
    Failed failed =
        start_listeners(listeners_, [this](Shard& shard, boost::asio::ip::tcp::socket socket) {
            sessions_[shard.index()]->accept(Stream(std::move(socket)));
        });
    if (!failed)
        failed = start_listeners(
            tls_listeners_, [this](Shard& shard, boost::asio::ip::tcp::socket socket) {
                sessions_[shard.index()]->accept(Stream(std::move(socket), tls_->context(shard)));
            });
    if (!failed) open_control_door();
    return failed;
}

Server::Failed Server::start_listeners(const Listeners& listeners,
                                       const Listener::Handler& handler) {
    for (const auto& listener : listeners) {
        auto started = listener->start(handler);
        if (started) continue;
        StartFailure failure = listen_failure(started.error());
        discard(stop(), "the address is what has to be said");
        return failure;
    }
    return std::nullopt;
}

ApiContext Server::api_context() {
    return {.shards = shards_,
            .broker = *broker_,
            .engine = *engine_,
            .sessions = {.ids = [this](ShardIndex shard) { return sessions_[shard]->ids(); },
                         .list =
                             [this](ShardIndex shard, const std::vector<SessionId>& ids) {
                                 return sessions_[shard]->list(ids);
                             },
                         .close =
                             [this](ShardIndex shard, SessionId id, const std::string& reason) {
                                 return sessions_[shard]->close(id, reason);
                             }},
            .node = {.name = "varve@" + host_name(),
                     .product = config_.product,
                     .product_version = config_.product_version,
                     .varve_version = std::string(kVersion),
                     .data_dir = std::filesystem::absolute(config_.data_dir).string(),
                     .started = system_clock().now(),
                     .disk_free_limit = config_.disk_free_limit,
                     .amqp_addresses = amqp_addresses()},
            // As a service manager would.
            .stop_node = [] { ::kill(::getpid(), SIGTERM); }};
}

// Without it the broker serves its clients as well: whoever administers it is told.
void Server::open_control_door() {
    api_.emplace(api_context());
    auto handler = [this](ApiRequest request) -> Task<ApiAnswer> {
        const Router::Found found = router_.find(request);
        if (found.handler != nullptr) return found.handler(*api_, std::move(request));
        return [](unsigned status) -> Task<ApiAnswer> {
            co_return status == 405 ? refusal(405, "method_not_allowed", "Method Not Allowed")
                                    : not_found();
        }(found.status);
    };
    auto control = HttpServer::open(config_.data_dir / "control.sock", {}, handler, diag_);
    if (control) {
        control_ = std::move(*control);
        return;
    }
    diag_.warn("control.no_door",
               {{"reason", control.error().detail},
                {"next", "rabbitmqctl cannot reach this broker; choose another --data-dir"}});
}

namespace {

std::vector<std::string> addresses_of(const std::vector<std::unique_ptr<Listener>>& listeners) {
    std::vector<std::string> addresses;
    for (const auto& listener : listeners) addresses.push_back(to_string(listener->endpoint()));
    return addresses;
}

}  // namespace

std::vector<std::string> Server::amqp_addresses() const { return addresses_of(listeners_); }

std::vector<std::string> Server::amqps_addresses() const { return addresses_of(tls_listeners_); }

void Server::on_failure(std::function<void(const Error&)> handler) {
    engine_->on_failure(std::move(handler));
}

Result<void> Server::stop() {
    if (control_) control_->stop();
    for (const auto& listener : listeners_) listener->close();
    for (const auto& listener : tls_listeners_) listener->close();
    stop_sessions();
    broker_->stop();
    shards_.stop_and_join();
    listeners_.clear();
    tls_listeners_.clear();
    sessions_.clear();
    // Completions and the watch of the disk enter the broker until the engine is closed.
    auto closed = engine_->close();
    broker_.reset();
    return closed;
}

void Server::stop_sessions() {
    // Shared with shards that are late: a session that does not end in time is left behind.
    struct Ended {
        std::promise<void> all;
        std::atomic<uint32_t> missing;
    };
    auto ended = std::make_shared<Ended>();
    ended->missing = shards_.count();
    auto all = ended->all.get_future();
    for (ShardIndex index = 0; index < shards_.count(); ++index) {
        shards_.at(index).post([sessions = sessions_[index].get(), ended] {
            sessions->stop([ended] {
                if (--ended->missing == 0) ended->all.set_value();
            });
        });
    }
    if (all.wait_for(kSessionsTimeout) == std::future_status::timeout) {
        diag_.warn("server.sessions_cut_off", {{"shards", ended->missing.load()}});
    }
}

}  // namespace varve
