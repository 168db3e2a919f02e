// HTTP/1.1 on a unix socket, on a thread of its own: the way in for whoever administers the broker.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "server/async/gate.h"
#include "server/async/task.h"
#include "server/diag/diag.h"
#include "server/http/exchange.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace varve {

struct HttpLimits {
    Bytes header_size_max = 16_KiB;  // beyond: 431
    Bytes body_size_max = 1_MiB;     // beyond: 413
    // For a whole request to come, for an answer to go, and between two requests; then the
    // connection is closed.
    std::chrono::milliseconds client_timeout = std::chrono::seconds(30);
    // At once; who comes after them waits in the kernel's queue until one has gone.
    size_t connections_max = 64;
};

// Whoever may open the socket (mode 0600: the broker's own user, and root) is an administrator.
//
// Threading: open() and stop() from one thread, which is neither this one nor a shard. The handler
// runs on the server's own thread.
class HttpServer {
public:
    using Handler = std::function<Task<ApiAnswer>(ApiRequest)>;

    // Replaces a socket that a broker left behind. `invalid_argument` where the path is longer than
    // a socket's may be. The caller holds the data directory's lock: nobody else listens there.
    static Result<std::unique_ptr<HttpServer>> open(const std::filesystem::path& socket,
                                                    const HttpLimits& limits,
                                                    Handler handler,
                                                    Diag& diag);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Finishes the requests that it has begun; what they wait for still runs. Removes the socket.
    void stop();

private:
    using Protocol = boost::asio::local::stream_protocol;
    struct Client;

    HttpServer(std::filesystem::path socket, const HttpLimits& limits, Handler handler, Diag& diag);
    Result<void> listen();
    void accept();
    Task<void> serve(std::shared_ptr<Client> client);
    void ended(const std::shared_ptr<Client>& client);

    const std::filesystem::path socket_;
    const HttpLimits limits_;
    const Handler handler_;
    Diag& diag_;
    boost::asio::io_context context_{1};
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    Protocol::acceptor acceptor_;
    Gate gate_;
    std::set<std::shared_ptr<Client>> clients_;  // shared with what runs for them
    bool accepting_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace varve
