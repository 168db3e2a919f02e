// Accepts connections on one address and hands each to a shard.
#pragma once

#include "engine/base/result.h"
#include "server/async/shard.h"
#include "server/diag/diag.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>

namespace varve {

// Threading: open() and start() before the shards run, or from anywhere; close() is Thread-safe.
// Lifetime:  shards and diag outlive it; it outlives the shards' threads.
class Listener {
public:
    // Called on the shard that the connection now belongs to.
    using Handler = std::function<void(Shard&, boost::asio::ip::tcp::socket)>;

    // Takes the address, but refuses connections until start(). Port 0 takes a free one. Errors:
    // `busy`, `access_refused`, `not_found` if this machine lacks the address.
    static Result<std::unique_ptr<Listener>> open(ShardSet& shards,
                                                  Diag& diag,
                                                  const boost::asio::ip::tcp::endpoint& endpoint);

    // Accepts from now on; the shards take turns. `busy` if somebody else was faster.
    Result<void> start(Handler handler);
    // Refuses connections. Some that were accepted before may still be handed over.
    void close();

    const boost::asio::ip::tcp::endpoint& endpoint() const { return endpoint_; }

private:
    Listener(ShardSet& shards, Diag& diag);
    void accept();
    void on_accepted(const boost::system::error_code& failed,
                     ShardIndex to,
                     boost::asio::ip::tcp::socket socket);

    ShardSet& shards_;
    Diag& diag_;
    boost::asio::ip::tcp::acceptor acceptor_;  // on the first shard
    boost::asio::steady_timer pause_;
    boost::asio::ip::tcp::endpoint endpoint_;
    Handler handler_;
    ShardIndex next_ = 0;
};

}  // namespace varve
