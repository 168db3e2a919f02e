#include "server/auth/password.h"

#include "engine/base/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <optional>

namespace varve {

namespace {

constexpr size_t kRabbitSaltSize = 4;
constexpr size_t kSaltSize = 16;
constexpr size_t kDigestSize = 32;
constexpr size_t kHeaderSize = 3;  // log2 n, r, p
// Of a stored hash: beyond, a damaged or hostile one would keep a thread for minutes.
constexpr ScryptCost kCostMax{.log2_n = 20, .r = 16, .p = 16};
constexpr uint64_t kScryptMemoryMax = uint64_t{2} << 30;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::string> scrypt(std::string_view password,
                                  std::string_view salt,
                                  const ScryptCost& cost) {
    std::string digest(kDigestSize, '\0');
    const int done = EVP_PBE_scrypt(password.data(),
                                    password.size(),
                                    bytes_of(salt),
                                    salt.size(),
                                    uint64_t{1} << cost.log2_n,
                                    cost.r,
                                    cost.p,
                                    kScryptMemoryMax,
                                    reinterpret_cast<unsigned char*>(digest.data()),
                                    digest.size());
    if (done != 1) return std::nullopt;
    return digest;
}

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool matches_scrypt(std::string_view password, std::string_view stored) {
    if (stored.size() != kHeaderSize + kSaltSize + kDigestSize) return false;
    const ScryptCost cost{.log2_n = static_cast<uint8_t>(stored[0]),
                          .r = static_cast<uint8_t>(stored[1]),
                          .p = static_cast<uint8_t>(stored[2])};
    if (cost.log2_n > kCostMax.log2_n || cost.r > kCostMax.r || cost.p > kCostMax.p) return false;
    const auto digest = scrypt(password, stored.substr(kHeaderSize, kSaltSize), cost);
    return digest && same(*digest, stored.substr(kHeaderSize + kSaltSize));
}

const EVP_MD* digest_of(PasswordAlgorithm algorithm) {
    switch (algorithm) {
        case PasswordAlgorithm::rabbitmq_sha256:
            return EVP_sha256();
        case PasswordAlgorithm::rabbitmq_sha512:
            return EVP_sha512();
        case PasswordAlgorithm::rabbitmq_md5:
            return EVP_md5();
        case PasswordAlgorithm::none:
        case PasswordAlgorithm::scrypt:
            break;
    }
    return nullptr;
}

bool matches_rabbitmq(std::string_view password, const PasswordHash& stored) {
    const EVP_MD* digest = digest_of(stored.algorithm);
    if (digest == nullptr || stored.bytes.size() <= kRabbitSaltSize) return false;
    const std::string salted = stored.bytes.substr(0, kRabbitSaltSize).append(password);
    std::array<unsigned char, EVP_MAX_MD_SIZE> found{};
    unsigned int size = 0;
    if (EVP_Digest(salted.data(), salted.size(), found.data(), &size, digest, nullptr) != 1)
        return false;
    return same({reinterpret_cast<const char*>(found.data()), size},
                std::string_view(stored.bytes).substr(kRabbitSaltSize));
}

std::string header_of(const ScryptCost& cost) {
    return {static_cast<char>(cost.log2_n), static_cast<char>(cost.r), static_cast<char>(cost.p)};
}

struct NamedAlgorithm {
    std::string_view name;
    PasswordAlgorithm algorithm;
};
constexpr NamedAlgorithm kAlgorithms[] = {
    {"rabbit_password_hashing_sha256", PasswordAlgorithm::rabbitmq_sha256},
    {"rabbit_password_hashing_sha512", PasswordAlgorithm::rabbitmq_sha512},
    {"rabbit_password_hashing_md5", PasswordAlgorithm::rabbitmq_md5},
    {"varve_scrypt", PasswordAlgorithm::scrypt},
};

Result<std::string> from_base64(std::string_view text) {
    const Error wrong{ErrorCode::invalid_argument, "password hash is not base64"};
    if (text.size() % 4 != 0 || text.size() > 1024) return wrong;
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     bytes_of(text),
                                     static_cast<int>(text.size()));
    if (size < 0) return wrong;
    size_t padding = 0;
    while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=')
        ++padding;
    bytes.resize(static_cast<size_t>(size) - padding);
    return bytes;
}

}  // namespace

std::string random_bytes(size_t size) {
    std::string bytes(size, '\0');
    const int done =
        RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size));
    VARVE_CHECK(done == 1);
    return bytes;
}

PasswordHash hash_password(std::string_view password, const ScryptCost& cost) {
    const std::string bytes = header_of(cost);
    const std::string salt = random_bytes(kSaltSize);
    const auto digest = scrypt(password, salt, cost);
    VARVE_CHECK(digest.has_value());
    return {PasswordAlgorithm::scrypt, bytes + salt + *digest};
}

PasswordHash unmatched_hash(const ScryptCost& cost) {
    return {PasswordAlgorithm::scrypt, header_of(cost) + random_bytes(kSaltSize + kDigestSize)};
}

bool matches(std::string_view password, const PasswordHash& hash) {
    if (hash.algorithm == PasswordAlgorithm::scrypt) return matches_scrypt(password, hash.bytes);
    return matches_rabbitmq(password, hash);
}

Result<PasswordHash> parse_rabbitmq_hash(std::string_view base64, PasswordAlgorithm algorithm) {
    VARVE_TRY(std::string bytes, from_base64(base64));
    const EVP_MD* digest = digest_of(algorithm);
    const size_t size = digest == nullptr
                            ? kHeaderSize + kSaltSize + kDigestSize
                            : kRabbitSaltSize + static_cast<size_t>(EVP_MD_get_size(digest));
    if (algorithm == PasswordAlgorithm::none || bytes.size() != size) {
        return Error{ErrorCode::invalid_argument,
                     "password hash of " + std::to_string(bytes.size()) + " bytes is none of " +
                         std::string(name_of(algorithm))};
    }
    return PasswordHash{algorithm, std::move(bytes)};
}

std::string to_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // it writes a NUL behind
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     bytes_of(bytes),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<size_t>(size));
    return text;
}

PasswordAlgorithm algorithm_of(std::string_view name) {
    for (const auto& named : kAlgorithms) {
        if (named.name == name) return named.algorithm;
    }
    return PasswordAlgorithm::none;
}

std::string_view name_of(PasswordAlgorithm algorithm) {
    for (const auto& named : kAlgorithms) {
        if (named.algorithm == algorithm) return named.name;
    }
    return "none";
}

}  // namespace varve
