// Who is at the other end of a connection, and whether that still holds.
#include "server/amqp/connection.h"
#include "server/auth/accounts.h"
#include "server/broker/administration.h"

namespace varve::amqp {

namespace {

// One address cannot keep others from logging in: so without the port.
std::string address_of(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

}  // namespace

PeerPlace Connection::place() const {
    return stream_.peer_is_local() ? PeerPlace::loopback : PeerPlace::network;
}

Task<Outcome> Connection::authenticate(std::shared_ptr<Connection> self, Credentials credentials) {
    const auto identity = co_await broker().administration().authenticate(
        credentials.user, credentials.password, place(), address_of(session_.peer));
    // It may have ended meanwhile: a login takes its time, and the handshake's is limited.
    if (self->stage_ == Stage::handshake) on_handshake_step(handshake_->authenticated(identity));
    co_return std::nullopt;
}

void Connection::accounts_changed() {
    if (stage_ != Stage::open) return;
    const auto accounts = broker().administration().accounts();
    std::string reason;
    if (accounts->find_user(session_.user) == nullptr)
        reason = "user '" + session_.user + "' is deleted";
    else if (accounts->find_vhost(session_.vhost_name) == nullptr)
        reason = "vhost '" + session_.vhost_name + "' is deleted";
    if (reason.empty()) return;
    environment().diag.info("connection.forced", {{"peer", session_.peer}, {"reason", reason}});
    close_with({}, {ReplyCode::connection_forced, reason});
}

}  // namespace varve::amqp
