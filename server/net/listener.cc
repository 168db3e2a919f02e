#include "server/net/listener.h"

#include "server/net/stream.h"

#include <boost/asio/ip/v6_only.hpp>

namespace varve {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 4096;  // Thousands of clients come back at once after a restart.

Error listen_error(const tcp::endpoint& endpoint, const error_code& failed) {
    const std::string text = to_string(endpoint) + ": " + failed.message();
    if (failed == asio::error::address_in_use) return {ErrorCode::busy, text};
    if (failed == asio::error::access_denied) return {ErrorCode::access_refused, text};
    if (failed == boost::system::errc::address_not_available ||
        failed == asio::error::address_family_not_supported) {
        return {ErrorCode::not_found, text};
    }
    return {ErrorCode::io, text};
}

}  // namespace

Listener::Listener(ShardSet& shards, Diag& diag)
    : shards_(shards),
      diag_(diag),
      acceptor_(shards.at(0).context()),
      pause_(shards.at(0).context()) {}

Result<std::unique_ptr<Listener>> Listener::open(ShardSet& shards,
                                                 Diag& diag,
                                                 const tcp::endpoint& endpoint) {
    std::unique_ptr<Listener> listener(new Listener(shards, diag));
    tcp::acceptor& acceptor = listener->acceptor_;
    error_code failed;
    acceptor.open(endpoint.protocol(), failed);
    if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), failed);
    if (!failed) acceptor.bind(endpoint, failed);
    if (!failed) listener->endpoint_ = acceptor.local_endpoint(failed);
    if (failed) return listen_error(endpoint, failed);
    return listener;
}

Result<void> Listener::start(Handler handler) {
    handler_ = std::move(handler);
    error_code failed;
    acceptor_.listen(kBacklog, failed);
    if (failed) return listen_error(endpoint_, failed);
    shards_.at(0).post([this] { accept(); });
    return ok();
}

void Listener::close() {
    shards_.at(0).post([this] {
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
    });
}

void Listener::accept() {
    if (!acceptor_.is_open()) return;
    const ShardIndex to = next_++ % shards_.count();
    acceptor_.async_accept(shards_.at(to).context(),
                           [this, to](const error_code& failed, tcp::socket socket) {
                               on_accepted(failed, to, std::move(socket));
                           });
}

void Listener::on_accepted(const error_code& failed, ShardIndex to, tcp::socket socket) {
    if (failed == asio::error::operation_aborted) return;
    if (!failed) {
        Shard& shard = shards_.at(to);
        shard.post([this, &shard, socket = std::move(socket)]() mutable {
            handler_(shard, std::move(socket));
        });
        return accept();
    }
    if (failed == asio::error::connection_aborted) return accept();  // the peer has gone already
    // Most likely out of file descriptors: others have to go first.
    diag_.warn("listener.accept_failed",
               {{"address", to_string(endpoint_)}, {"reason", failed.message()}});
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](const error_code& stopped) {
        if (!stopped) accept();
    });
}

}  // namespace varve
