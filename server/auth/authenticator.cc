#include "server/auth/authenticator.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace varve {

namespace {

constexpr size_t kSecretSize = 32;
constexpr std::string_view kHashingSource;  // no peer's address

Error busy() { return {ErrorCode::busy, "too many logins from this address wait for their turn"}; }

}  // namespace

Authenticator::Authenticator(const AuthenticatorOptions& options)
    : options_(options),
      secret_(random_bytes(kSecretSize)),
      stand_in_(unmatched_hash(options.cost)) {
    for (uint32_t i = 0; i < options.threads; ++i) threads_.emplace_back([this] { work(); });
}

Authenticator::~Authenticator() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

std::string Authenticator::key_of(const Login& login) const {
    std::string text;
    ByteWriter writer(text);
    writer.sized(login.user);
    writer.sized(login.password);
    if (login.stored) {
        writer.u8(static_cast<uint8_t>(login.stored->algorithm));
        writer.sized(login.stored->bytes);
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const unsigned char* done = HMAC(EVP_sha256(),
                                     secret_.data(),
                                     static_cast<int>(secret_.size()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size(),
                                     digest.data(),
                                     &size);
    VARVE_CHECK(done != nullptr);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

void Authenticator::check(Login login, Answer answer) {
    const std::string key = key_of(login);
    Result<bool> at_once = true;
    {
        const MutexLock lock(mutex_);
        if (!remembered_.contains(key)) {
            if (const auto found = under_way_.find(key); found != under_way_.end()) {
                found->second.push_back(std::move(answer));
                return;
            }
            const std::string source = login.source;
            if (enqueue(source, {std::move(login), key, nullptr})) {
                under_way_[key].push_back(std::move(answer));
                return;
            }
            at_once = busy();
        }
    }
    answer(std::move(at_once));
}

void Authenticator::hash(std::string password, Hashed hashed) {
    Job job;
    job.login.password = std::move(password);
    job.hashed = hashed;
    {
        const MutexLock lock(mutex_);
        if (enqueue(std::string(kHashingSource), std::move(job))) return;
    }
    hashed(Error{ErrorCode::busy, "too many passwords wait to be hashed"});
}

uint64_t Authenticator::derivations() const {
    const MutexLock lock(mutex_);
    return derivations_;
}

bool Authenticator::enqueue(const std::string& source, Job job) {
    Source& of = sources_[source];
    if (of.waiting.size() >= options_.waiting_per_source) return false;
    of.waiting.push_back(std::move(job));
    if (std::exchange(of.has_turn, true)) return true;
    turns_.push_back(source);
    changed_.notify_one();
    return true;
}

void Authenticator::remember(const std::string& key) {
    if (!remembered_.insert(key).second) return;
    remembered_order_.push_back(key);
    if (remembered_order_.size() <= options_.remembered_max) return;
    remembered_.erase(remembered_order_.front());
    remembered_order_.pop_front();
}

void Authenticator::work() {
    for (;;) {
        std::string source;
        Job job;
        {
            MutexLock lock(mutex_);
            while (turns_.empty() && !stopping_) lock.wait(changed_);
            if (stopping_) return;
            source = std::move(turns_.front());
            turns_.pop_front();
            std::deque<Job>& waiting = sources_.at(source).waiting;
            job = std::move(waiting.front());
            waiting.pop_front();
            ++derivations_;
        }
        run(job);
        const MutexLock lock(mutex_);
        if (sources_.at(source).waiting.empty()) {
            sources_.erase(source);
        } else {
            turns_.push_back(std::move(source));  // behind everybody else
            changed_.notify_one();
        }
    }
}

void Authenticator::run(const Job& job) {
    if (job.hashed) return job.hashed(hash_password(job.login.password, options_.cost));
    const bool right = is_right(job.login);
    std::vector<Answer> answers;
    {
        const MutexLock lock(mutex_);
        if (right) remember(job.key);
        const auto found = under_way_.find(job.key);
        answers = std::move(found->second);
        under_way_.erase(found);
    }
    for (const Answer& answer : answers) answer(right);
}

// RabbitMQ's hashes are quick: what they lack in time is added, so that nobody learns from the time
// which users there are.
bool Authenticator::is_right(const Login& login) const {
    const bool known = login.stored.has_value();
    const bool right = known && matches(login.password, *login.stored);
    if (!known || login.stored->algorithm != PasswordAlgorithm::scrypt)
        static_cast<void>(matches(login.password, stand_in_));
    return right;
}

}  // namespace varve
