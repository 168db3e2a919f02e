// TLS 1.2 and 1.3 of a listener, by OpenSSL.
#pragma once

#include "engine/base/result.h"
#include "server/net/tls_options.h"

#include <boost/asio/buffer.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>

using SSL = struct ssl_st;

namespace varve {

class TlsSession;

// Certificates and rules, read once. A connection keeps the context it began with: a reload makes
// another one for those to come.
//
// Threading: Immutable.
class TlsContext : public std::enable_shared_from_this<TlsContext> {
public:
    // `invalid_argument`, with the file and the reason.
    static Result<std::shared_ptr<const TlsContext>> load(const TlsOptions& options);
    ~TlsContext();

    // The server's end on a connected, non-blocking socket, which stays the caller's.
    std::unique_ptr<TlsSession> accept(int socket) const;

private:
    friend class TlsSession;
    struct Impl;
    explicit TlsContext(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// One connection's TLS. The handshake is part of the first reads.
//
// Threading: Shard-bound.
class TlsSession {
public:
    TlsSession(std::shared_ptr<const TlsContext> context, SSL* ssl);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    // As Stream's. `closed` at the end of the connection; `invalid_argument` where the peer does
    // not speak TLS, or not with us: the reason is for the operator.
    Result<size_t> read_some(std::span<char> to);
    Result<size_t> write_some(std::span<const boost::asio::const_buffer> from);
    void finish_sending();

    // Decrypted already: to be read without waiting for the socket.
    bool has_pending() const;
    // What the last read_some() waits for is room to write.
    bool reading_wants_write() const { return reading_wants_write_; }

    // The user that the peer's certificate names, if it has one, verified.
    std::optional<std::string> peer_user() const;

private:
    Error failure(int returned);

    std::shared_ptr<const TlsContext> context_;  // shared: a reload replaces the listener's
    SSL* ssl_;
    bool reading_wants_write_ = false;
};

}  // namespace varve
