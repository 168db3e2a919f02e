// Checks and hashes passwords away from the shards, so that a slow hash holds up nobody's messages.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "server/auth/account.h"
#include "server/auth/password.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace varve {

struct AuthenticatorOptions {
    ScryptCost cost;
    uint32_t threads = 2;            // so many passwords are derived at once, 16 MiB each
    size_t waiting_per_source = 64;  // beyond, a login is refused with `busy`
    size_t remembered_max = 4096;    // logins that succeeded; beyond, the oldest is forgotten
};

// A thousand workers that come back at once with one password cost one derivation: what is under
// way is shared, and what succeeded is remembered, under a key that says nothing about the password
// (HMAC with a random key of this process over user, password and stored hash: a changed password
// is another key). Failures are not remembered; each source has one derivation under way at a time,
// and sources take turns, so that somebody who guesses passwords keeps only himself waiting.
//
// Threading: Thread-safe.
// Lifetime:  answers that were not given when it is destroyed are dropped.
class Authenticator {
public:
    explicit Authenticator(const AuthenticatorOptions& options);
    ~Authenticator();
    Authenticator(const Authenticator&) = delete;
    Authenticator& operator=(const Authenticator&) = delete;

    struct Login {
        std::string user;
        std::string password;
        // None for a user that does not exist: that takes as long, and fails.
        std::optional<PasswordHash> stored;
        std::string source;  // the peer's address
    };
    // Whether the password is right. Called once, from any thread, maybe before this returns.
    // `busy` if too many logins of the source wait.
    using Answer = std::function<void(Result<bool>)>;
    void check(Login login, Answer answer);

    // Hashes a new password. `busy` as above, for all hashes together.
    using Hashed = std::function<void(Result<PasswordHash>)>;
    void hash(std::string password, Hashed hashed);

    uint64_t derivations() const;  // so far: for tests and figures

private:
    // A login to check, or a password to hash.
    struct Job {
        Login login;
        std::string key;  // of the login
        Hashed hashed;    // null for a login
    };
    // What waits of one source.
    struct Source {
        std::deque<Job> waiting;
        bool has_turn = false;  // in turns_, or at work
    };

    std::string key_of(const Login& login) const;
    bool enqueue(const std::string& source, Job job) VARVE_REQUIRES(mutex_);
    void remember(const std::string& key) VARVE_REQUIRES(mutex_);
    void work();
    void run(const Job& job);
    bool is_right(const Login& login) const;

    const AuthenticatorOptions options_;
    const std::string secret_;     // of the keys
    const PasswordHash stand_in_;  // is tried for users that do not exist
    mutable Mutex mutex_;          // Nothing is called under it.
    std::condition_variable changed_;
    bool stopping_ VARVE_GUARDED_BY(mutex_) = false;
    uint64_t derivations_ VARVE_GUARDED_BY(mutex_) = 0;
    std::map<std::string, Source> sources_ VARVE_GUARDED_BY(mutex_);
    std::deque<std::string> turns_ VARVE_GUARDED_BY(mutex_);  // sources to take a job of
    // Who waits for a login, by its key: whoever asks for the same joins in.
    std::unordered_map<std::string, std::vector<Answer>> under_way_ VARVE_GUARDED_BY(mutex_);
    std::deque<std::string> remembered_order_ VARVE_GUARDED_BY(mutex_);
    std::unordered_set<std::string> remembered_ VARVE_GUARDED_BY(mutex_);
    std::vector<std::thread> threads_;
};

}  // namespace varve
