// The SASL mechanisms of AMQP 0-9-1: who somebody says to be, read from the response that came in.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <string>
#include <string_view>

namespace varve {

struct Credentials {
    std::string user;
    std::string password;
};

// What a listener offers, in the form of connection.start. EXTERNAL stands for the peer's
// certificate and is offered to those only who have shown one: py-amqp would pick it without TLS.
constexpr std::string_view kSaslMechanisms = "PLAIN AMQPLAIN";
constexpr std::string_view kSaslWithExternal = "PLAIN AMQPLAIN EXTERNAL";
constexpr std::string_view kSaslExternal = "EXTERNAL";

// Of mechanisms with a password. `not_implemented`: a mechanism that is not offered.
// `invalid_argument`: a response that does not hold together.
Result<Credentials> parse_sasl(std::string_view mechanism, ByteView response);

}  // namespace varve
