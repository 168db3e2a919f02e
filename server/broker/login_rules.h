// What connections to come are held to: as configured, until an operator says otherwise.
#pragma once

#include "engine/base/mutex.h"

#include <cstdint>
#include <string>
#include <vector>

namespace varve {

constexpr uint16_t kChannelMaxDefault = 2047;

struct LoginRuleSet {
    // Channels of one connection; offered to clients. 0: as many as there are numbers for.
    uint16_t channel_max = kChannelMaxDefault;
    // May connect from this machine only. guest is known to everybody, and so is his password.
    std::vector<std::string> loopback_users = {"guest"};
};

// Changes are not kept: with the next start it is as configured.
//
// Threading: Thread-safe. Looked at once for a connection, not on a message path.
class LoginRules {
public:
    explicit LoginRules(LoginRuleSet configured) : now_(std::move(configured)) {}

    LoginRuleSet now() const;
    void set_channel_max(uint16_t channel_max);
    void set_loopback_users(std::vector<std::string> users);

private:
    mutable Mutex mutex_;  // nothing is called under it
    LoginRuleSet now_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
