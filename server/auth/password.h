// Passwords as they are stored: nobody can read them back, and trying one takes its time.
#pragma once

#include "engine/base/result.h"
#include "server/auth/account.h"

#include <string>
#include <string_view>

namespace varve {

// What one guess costs: 128 * r * 2^log2_n bytes of memory, and time in proportion to that and to
// p. 16 MiB and about 80 ms: a logging-in worker does not notice, a list of a million words takes a
// day.
struct ScryptCost {
    uint8_t log2_n = 14;
    uint8_t r = 8;
    uint8_t p = 2;
};

// That nobody can guess: from OpenSSL, because the salts and keys of a broker with a seeded Rng
// would be known.
std::string random_bytes(size_t size);

// With a random salt. Takes as long as the cost says: never on a shard.
PasswordHash hash_password(std::string_view password, const ScryptCost& cost);

// Costs as much to try, and no password matches it.
PasswordHash unmatched_hash(const ScryptCost& cost);

// Takes as long as the hash says; what differs is found in the same time wherever it differs. False
// for a hash that does not hold together, and for algorithm `none`.
bool matches(std::string_view password, const PasswordHash& hash);

// RabbitMQ's form, as exports have it: base64 of 4 bytes of salt and the digest.
// `invalid_argument` if it is none of that algorithm.
Result<PasswordHash> parse_rabbitmq_hash(std::string_view base64, PasswordAlgorithm algorithm);
// The same way back, for exports; ours is base64 of all its bytes.
std::string to_base64(std::string_view bytes);

// RabbitMQ's names ("rabbit_password_hashing_sha256"), and "varve_scrypt" for ours. `none` for an
// unknown name.
PasswordAlgorithm algorithm_of(std::string_view name);
std::string_view name_of(PasswordAlgorithm algorithm);

}  // namespace varve
