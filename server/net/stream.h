// A connection's bytes, without blocking.
#pragma once

#include "engine/base/result.h"
#include "server/net/tls.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace varve {

// Nothing is read ahead and nothing is queued here, so that an idle connection costs a socket and
// no buffer: wait until it is readable, then read into a buffer that all connections of the shard
// share.
//
// Threading: Shard-bound.
class Stream {
public:
    // Takes over a connected socket.
    explicit Stream(boost::asio::ip::tcp::socket socket);
    // With TLS: the handshake is part of the first reads, and bounded by whoever bounds those.
    Stream(boost::asio::ip::tcp::socket socket, const TlsContext& tls);

    // Calls `handler(ready)` once; false if the stream was closed meanwhile. One wait of a kind at
    // a time.
    template <typename Handler>
    void when_readable(Handler&& handler) {
        if (tls_ != nullptr && tls_->has_pending()) [[unlikely]] {
            boost::asio::post(
                socket_.get_executor(),
                [handler = std::forward<Handler>(handler)]() mutable { handler(true); });
            return;
        }
        const bool for_write = tls_ != nullptr && tls_->reading_wants_write();
        wait(for_write ? Socket::wait_write : Socket::wait_read, std::forward<Handler>(handler));
    }
    template <typename Handler>
    void when_writable(Handler&& handler) {
        wait(Socket::wait_write, std::forward<Handler>(handler));
    }

    // Bytes read; 0 if there are none at the moment. `closed` with the reason at the end;
    // `invalid_argument` from a peer that does not speak TLS where it has to.
    Result<size_t> read_some(std::span<char> to);
    // Bytes written; 0 if there is no room at the moment. At most kBuffersMax buffers are looked
    // at.
    Result<size_t> write_some(std::span<const boost::asio::const_buffer> from);
    static constexpr size_t kBuffersMax = 64;

    // No more is sent; the peer sees the end after what was written.
    void finish_sending();
    // Waits end with `false`.
    void close();
    bool is_open() const { return socket_.is_open(); }

    const std::string& peer() const { return peer_; }  // "127.0.0.1:50312"
    bool peer_is_local() const { return peer_is_local_; }
    std::string local() const;  // our end: "127.0.0.1:5672"
    bool has_tls() const { return tls_ != nullptr; }
    // Whom the peer's verified certificate names: once its first bytes have been read.
    std::optional<std::string> peer_user() const {
        return tls_ == nullptr ? std::nullopt : tls_->peer_user();
    }

private:
    using Socket = boost::asio::ip::tcp::socket;

    template <typename Handler>
    void wait(Socket::wait_type type, Handler&& handler) {
        socket_.async_wait(
            type,
            [handler = std::forward<Handler>(handler)](
                const boost::system::error_code& failed) mutable { handler(!failed); });
    }

    Socket socket_;
    std::unique_ptr<TlsSession> tls_;  // null: plain
    std::string peer_;
    bool peer_is_local_ = false;
};

// "127.0.0.1:5672", "[::1]:5672"
std::string to_string(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace varve
