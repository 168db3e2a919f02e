#include "server/http/http_server.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/serialize.hpp>

#include <sys/stat.h>
#include <sys/un.h>

namespace varve {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

HttpResponse response_of(const ApiAnswer& answered, unsigned version, bool keep_alive) {
    HttpResponse response(static_cast<http::status>(answered.status), version);
    response.set(http::field::server, "Varve");
    response.set(http::field::cache_control, "no-cache");
    if (answered.body) {
        response.set(http::field::content_type, "application/json");
        response.body() = boost::json::serialize(*answered.body);
    }
    response.keep_alive(keep_alive);
    response.prepare_payload();
    return response;
}

// What a request that cannot be read is answered; none where nobody would read it.
std::optional<ApiAnswer> answer_to(const error_code& failed) {
    if (failed == http::error::header_limit)
        return refusal(431, "header_too_large", "the request's header is too large");
    if (failed == http::error::body_limit)
        return refusal(413, "payload_too_large", "the request's body is too large");
    if (failed == http::error::end_of_stream || failed == http::error::partial_message)
        return std::nullopt;
    if (failed.category() == http::make_error_code(http::error::bad_method).category())
        return bad_request(failed.message());
    return std::nullopt;
}

}  // namespace

struct HttpServer::Client {
    explicit Client(Protocol::socket socket) : stream(std::move(socket)) {}
    beast::basic_stream<Protocol> stream;
    bool idle = true;  // waits for a request
};

HttpServer::HttpServer(std::filesystem::path socket,
                       const HttpLimits& limits,
                       Handler handler,
                       Diag& diag)
    : socket_(std::move(socket)),
      limits_(limits),
      handler_(std::move(handler)),
      diag_(diag),
      work_(context_.get_executor()),
      acceptor_(context_),
      gate_(context_) {}

HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::open(const std::filesystem::path& socket,
                                                     const HttpLimits& limits,
                                                     Handler handler,
                                                     Diag& diag) {
    std::unique_ptr<HttpServer> server(new HttpServer(socket, limits, std::move(handler), diag));
    VARVE_TRY(server->listen());
    server->accept();
    server->thread_ = std::thread([server = server.get()] { server->context_.run(); });
    return server;
}

Result<void> HttpServer::listen() {
    constexpr size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;
    if (socket_.native().size() > kPathMax) {
        return Error{ErrorCode::invalid_argument,
                     socket_.string() + " has more than the " + std::to_string(kPathMax) +
                         " bytes that the path of a socket may have"};
    }
    std::error_code removed;
    if (std::filesystem::is_socket(socket_, removed)) std::filesystem::remove(socket_, removed);
    error_code failed;
    acceptor_.open(Protocol(), failed);
    // The mode has to hold from the first moment on: set before bind() gives the socket its name.
    if (!failed) ::fchmod(acceptor_.native_handle(), S_IRUSR | S_IWUSR);
    if (!failed) acceptor_.bind(Protocol::endpoint(socket_.string()), failed);
    if (!failed) {
        std::error_code ignored;
        std::filesystem::permissions(
            socket_,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
            ignored);
        acceptor_.listen(asio::socket_base::max_listen_connections, failed);
    }
    if (failed) return Error{ErrorCode::io, socket_.string() + ": " + failed.message()};
    return ok();
}

void HttpServer::accept() {
    if (stopping_ || accepting_ || clients_.size() >= limits_.connections_max) return;
    accepting_ = true;
    acceptor_.async_accept([this](const error_code& failed, Protocol::socket socket) {
        accepting_ = false;
        if (failed == asio::error::operation_aborted || stopping_) return;
        if (!failed) {
            auto client = std::make_shared<Client>(std::move(socket));
            clients_.insert(client);
            gate_.spawn(serve(client));
        } else if (clients_.empty()) {
            diag_.warn("control.not_accepting", {{"reason", failed.message()}});
            return;
        }
        accept();
    });
}

Task<void> HttpServer::serve(std::shared_ptr<Client> client) {
    beast::flat_buffer buffer(limits_.header_size_max + limits_.body_size_max);
    for (bool keep_alive = true; keep_alive && !stopping_;) {
        http::request_parser<http::string_body> parser;
        parser.header_limit(static_cast<uint32_t>(limits_.header_size_max));
        parser.body_limit(limits_.body_size_max);
        error_code failed;
        client->idle = true;
        client->stream.expires_after(limits_.client_timeout);
        co_await http::async_read(
            client->stream, buffer, parser, asio::redirect_error(asio::use_awaitable, failed));
        client->idle = false;
        ApiAnswer answered;
        if (failed) {
            const auto explained = answer_to(failed);
            if (!explained) break;
            answered = *explained;
            keep_alive = false;
        } else {
            const HttpRequest& request = parser.get();
            keep_alive = request.keep_alive();
            auto parsed = parse_api_request(
                std::string(request.method_string()),
                std::string_view(request.target().data(), request.target().size()),
                request.body());
            client->stream.expires_never();  // an answer takes what it takes
            if (parsed)
                answered = co_await handler_(std::move(*parsed));
            else
                answered = refusal(parsed.error());
        }
        HttpResponse response =
            response_of(answered, parser.get().version(), keep_alive && !stopping_);
        if (parser.get().method() == http::verb::head) response.body().clear();
        client->stream.expires_after(limits_.client_timeout);
        co_await http::async_write(
            client->stream, response, asio::redirect_error(asio::use_awaitable, failed));
        if (failed) break;
    }
    error_code ignored;
    client->stream.socket().shutdown(Protocol::socket::shutdown_send, ignored);
    ended(client);
}

void HttpServer::ended(const std::shared_ptr<Client>& client) {
    clients_.erase(client);
    accept();
}

void HttpServer::stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
        stopping_ = true;
        error_code ignored;
        acceptor_.close(ignored);
        for (const auto& client : clients_) {
            if (client->idle) client->stream.close();
        }
        gate_.when_empty([this] { work_.reset(); });
    });
    thread_.join();
    std::error_code ignored;
    std::filesystem::remove(socket_, ignored);
}

}  // namespace varve
