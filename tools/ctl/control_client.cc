#include "tools/ctl/control_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cctype>
#include <limits>
#include <sys/un.h>

namespace varve::ctl {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Protocol = asio::local::stream_protocol;
using boost::system::error_code;

std::string target_of(const std::vector<std::string>& path, std::string_view query) {
    std::string target = "/api";
    for (const std::string& segment : path) target += "/" + percent_encoded(segment);
    if (!query.empty()) target += "?" + std::string(query);
    return target;
}

Error unreachable(const std::string& data_dir, const error_code& failed) {
    if (failed == asio::error::access_denied)
        return {ErrorCode::access_refused,
                "the control socket in " + data_dir + " may not be opened: " + failed.message()};
    return {ErrorCode::closed,
            "no broker answers at " + data_dir + "/control.sock: " + failed.message()};
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain)
            out.push_back(c);
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string Reply::reason() const {
    if (const auto* object = body.if_object()) {
        if (const auto* reason = object->if_contains("reason"); reason && reason->is_string())
            return std::string(reason->get_string().data(), reason->get_string().size());
    }
    return "the broker answered " + std::to_string(status);
}

ControlClient::ControlClient(std::string data_dir) : data_dir_(std::move(data_dir)) {}

Result<Reply> ControlClient::ask(std::string_view method,
                                 const std::vector<std::string>& path,
                                 const boost::json::value& body,
                                 std::string_view query) const {
    const std::string socket_path = data_dir_ + "/control.sock";
    if (socket_path.size() >= sizeof(sockaddr_un::sun_path))
        return Error{ErrorCode::invalid_argument,
                     socket_path + " is longer than the path of a socket may be"};
    asio::io_context context;
    Protocol::socket socket(context);
    error_code failed;
    socket.connect(Protocol::endpoint(socket_path), failed);
    if (failed) return unreachable(data_dir_, failed);

    http::request<http::string_body> request;
    request.method_string({method.data(), method.size()});
    request.target(target_of(path, query));
    request.set(http::field::host, "localhost");
    if (!body.is_null()) {
        request.set(http::field::content_type, "application/json");
        request.body() = boost::json::serialize(body);
    }
    request.keep_alive(false);
    request.prepare_payload();
    http::write(socket, request, failed);
    if (failed) return unreachable(data_dir_, failed);

    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(std::numeric_limits<uint64_t>::max());  // as long as the broker's listings
    http::read(socket, buffer, parser, failed);
    if (failed && failed != http::error::end_of_stream) return unreachable(data_dir_, failed);
    Reply reply{parser.get().result_int(), nullptr};
    if (!parser.get().body().empty()) {
        reply.body = boost::json::parse(parser.get().body(), failed);
        if (failed)
            return Error{ErrorCode::corrupt,
                         "the broker's answer is not JSON: " + failed.message()};
    }
    return reply;
}

}  // namespace varve::ctl
