// Who may connect.
#pragma once

#include "engine/base/result.h"
#include "server/auth/peer_place.h"
#include "server/auth/sasl.h"

#include <map>
#include <string>

namespace varve {

// The users of this broker: guest with the password guest, from this machine only, as RabbitMQ's
// clients expect.
//
// Threading: Immutable.
class Users {
public:
    Users();

    // `access_refused` with the reason, which is for the operator and not for the client.
    Result<void> authenticate(const Credentials& credentials, PeerPlace place) const;

private:
    struct User {
        std::string password;
        bool loopback_only = false;
    };
    std::map<std::string, User, std::less<>> users_;
};

}  // namespace varve
