#include "server/broker/login_rules.h"

namespace varve {

LoginRuleSet LoginRules::now() const {
    const MutexLock lock(mutex_);
    return now_;
}

void LoginRules::set_channel_max(uint16_t channel_max) {
    const MutexLock lock(mutex_);
    now_.channel_max = channel_max;
}

void LoginRules::set_loopback_users(std::vector<std::string> users) {
    const MutexLock lock(mutex_);
    now_.loopback_users = std::move(users);
}

}  // namespace varve
