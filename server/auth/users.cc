#include "server/auth/users.h"

#include <openssl/crypto.h>

namespace varve {

namespace {

// In the same time wherever they differ, so that a password cannot be guessed byte by byte.
bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Users::Users() { users_.emplace("guest", User{"guest", true}); }

Result<void> Users::authenticate(const Credentials& credentials, PeerPlace place) const {
    const auto found = users_.find(credentials.user);
    if (found == users_.end()) return Error{ErrorCode::access_refused, "no such user"};
    const User& user = found->second;
    if (!same_secret(user.password, credentials.password))
        return Error{ErrorCode::access_refused, "wrong password"};
    if (user.loopback_only && place != PeerPlace::loopback) {
        return Error{ErrorCode::access_refused, "this user may connect from this machine only"};
    }
    return ok();
}

}  // namespace varve
