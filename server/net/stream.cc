#include "server/net/stream.h"

#include <boost/asio/error.hpp>

namespace varve {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

bool is_temporary(const error_code& failed) {
    return failed == asio::error::would_block || failed == asio::error::try_again ||
           failed == asio::error::interrupted;
}

Error closed(const error_code& failed) { return Error{ErrorCode::closed, failed.message()}; }

bool is_local(const asio::ip::address& address) {
    if (address.is_loopback()) return true;
    return address.is_v6() && address.to_v6().is_v4_mapped() &&
           asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
}

}  // namespace

std::string to_string(const asio::ip::tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

Stream::Stream(Socket socket) : socket_(std::move(socket)) {
    // A peer that is gone already shows at the first read: errors here add nothing.
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    const auto endpoint = socket_.remote_endpoint(ignored);
    peer_ = to_string(endpoint);
    peer_is_local_ = is_local(endpoint.address());
}

std::string Stream::local() const {
    error_code failed;
    const auto endpoint = socket_.local_endpoint(failed);
    return failed ? "" : to_string(endpoint);
}

Stream::Stream(Socket socket, const TlsContext& tls) : Stream(std::move(socket)) {
    if (socket_.is_open()) tls_ = tls.accept(socket_.native_handle());
}

Result<size_t> Stream::read_some(std::span<char> to) {
    if (tls_ != nullptr) return tls_->read_some(to);
    error_code failed;
    const size_t size = socket_.read_some(asio::buffer(to.data(), to.size()), failed);
    if (!failed) return size;
    if (is_temporary(failed)) return size_t{0};
    return closed(failed);
}

Result<size_t> Stream::write_some(std::span<const asio::const_buffer> from) {
    if (tls_ != nullptr) return tls_->write_some(from);
    error_code failed;
    const size_t size = socket_.write_some(from.first(std::min(from.size(), kBuffersMax)), failed);
    if (!failed) return size;
    if (is_temporary(failed)) return size_t{0};
    return closed(failed);
}

void Stream::finish_sending() {
    if (tls_ != nullptr) tls_->finish_sending();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::close() {
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace varve
