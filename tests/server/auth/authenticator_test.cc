#include "server/auth/authenticator.h"

#include <gtest/gtest.h>

#include <future>

namespace varve {
namespace {

constexpr ScryptCost kCheap{.log2_n = 4, .r = 1, .p = 1};
constexpr ScryptCost kSlow{.log2_n = 12, .r = 8, .p = 1};  // some milliseconds

std::future<Result<bool>> ask(Authenticator& authenticator, const Authenticator::Login& login) {
    auto promise = std::make_shared<std::promise<Result<bool>>>();  // std::function wants copies
    authenticator.check(login,
                        [promise](Result<bool> right) { promise->set_value(std::move(right)); });
    return promise->get_future();
}

Authenticator::Login login_of(const std::string& password, const PasswordHash& stored) {
    return {"worker", password, stored, "127.0.0.1"};
}

TEST(Authenticator, RightPasswordEntersAndAWrongOneDoesNot) {
    Authenticator authenticator({.cost = kCheap});
    const PasswordHash stored = hash_password("secret", kCheap);

    EXPECT_TRUE(must(ask(authenticator, login_of("secret", stored)).get()));
    EXPECT_FALSE(must(ask(authenticator, login_of("wrong", stored)).get()));
    EXPECT_FALSE(must(ask(authenticator, {"nobody", "secret", std::nullopt, "::1"}).get()));
    EXPECT_FALSE(must(ask(authenticator, login_of("", {})).get()));
}

TEST(Authenticator, ThousandReconnectingWorkersCostOneDerivation) {
    Authenticator authenticator({.cost = kSlow});
    const PasswordHash stored = hash_password("secret", kSlow);

    std::vector<std::future<Result<bool>>> answers;
    for (int i = 0; i < 1000; ++i)
        answers.push_back(ask(authenticator, login_of("secret", stored)));
    for (auto& answer : answers) EXPECT_TRUE(must(answer.get()));
    EXPECT_TRUE(must(ask(authenticator, login_of("secret", stored)).get()));

    EXPECT_EQ(authenticator.derivations(), 1u);
}

TEST(Authenticator, ChangedPasswordIsNotRemembered) {
    Authenticator authenticator({.cost = kCheap});
    const PasswordHash before = hash_password("secret", kCheap);
    const PasswordHash after = hash_password("changed", kCheap);
    EXPECT_TRUE(must(ask(authenticator, login_of("secret", before)).get()));

    EXPECT_FALSE(must(ask(authenticator, login_of("secret", after)).get()));
    EXPECT_TRUE(must(ask(authenticator, login_of("changed", after)).get()));
}

TEST(Authenticator, FailuresAreNotRemembered) {
    Authenticator authenticator({.cost = kCheap});
    const PasswordHash stored = hash_password("secret", kCheap);

    EXPECT_FALSE(must(ask(authenticator, login_of("wrong", stored)).get()));
    EXPECT_FALSE(must(ask(authenticator, login_of("wrong", stored)).get()));

    EXPECT_EQ(authenticator.derivations(), 2u);
}

TEST(Authenticator, RememberedLoginsAreBounded) {
    Authenticator authenticator({.cost = kCheap, .remembered_max = 1});
    const PasswordHash one = hash_password("one", kCheap);
    const PasswordHash two = hash_password("two", kCheap);

    EXPECT_TRUE(must(ask(authenticator, login_of("one", one)).get()));
    EXPECT_TRUE(must(ask(authenticator, login_of("two", two)).get()));
    EXPECT_TRUE(must(ask(authenticator, login_of("one", one)).get()));

    EXPECT_EQ(authenticator.derivations(), 3u);
}

// One who guesses has one derivation at a time and a bounded queue; another address does not wait
// behind it.
TEST(Authenticator, GuessingClientKeepsOnlyItselfWaiting) {
    Authenticator authenticator({.cost = kSlow, .threads = 1, .waiting_per_source = 50});
    const PasswordHash stored = hash_password("secret", kSlow);
    std::vector<std::future<Result<bool>>> guesses;
    for (int i = 0; i < 100; ++i) {
        guesses.push_back(
            ask(authenticator, {"worker", "guess" + std::to_string(i), stored, "10.0.0.66"}));
    }

    std::promise<uint64_t> derivations;
    authenticator.check({"worker", "secret", stored, "10.0.0.1"}, [&](const Result<bool>& right) {
        EXPECT_TRUE(must(right));
        derivations.set_value(authenticator.derivations());
    });

    EXPECT_LE(derivations.get_future().get(), 4u) << "behind at most what ran when it came";
    size_t refused = 0;
    for (auto& guess : guesses) {
        const auto answer = guess.get();
        if (!answer) {
            EXPECT_EQ(answer.error().code, ErrorCode::busy);
            ++refused;
        } else {
            EXPECT_FALSE(*answer);
        }
    }
    EXPECT_GE(refused, 48u);
}

TEST(Authenticator, HashesNewPasswords) {
    Authenticator authenticator({.cost = kCheap});
    std::promise<Result<PasswordHash>> hashed;

    authenticator.hash("secret",
                       [&](Result<PasswordHash> hash) { hashed.set_value(std::move(hash)); });

    EXPECT_TRUE(matches("secret", must(hashed.get_future().get())));
}

}  // namespace
}  // namespace varve
