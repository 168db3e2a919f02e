// From connection.start to connection.open, in stages. No I/O: methods in, what to do out.
#pragma once

#include "server/amqp/client.h"
#include "server/amqp/options.h"
#include "server/amqp/reply_code.h"
#include "server/amqp/wire/methods.h"
#include "server/auth/account.h"
#include "server/auth/sasl.h"
#include "server/broker/login_rules.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace varve::amqp {

struct Limits {
    uint16_t channel_max = kChannelMaxDefault;
    uint32_t frame_size_max = kFrameSizeMax;
    std::chrono::seconds heartbeat{};
};

// One connection's handshake.
//
// Threading: Caller-serialised.
class Handshake {
public:
    // What to do after a method.
    // Find out who that is, then say so: authenticated().
    struct Authenticate {
        Credentials credentials;
    };
    struct Identify {
        std::string user;  // of the peer's certificate: there is nothing left to prove
    };
    struct SendTune {};
    struct Wait {};
    struct Open {
        std::string vhost;  // still to be looked up
    };
    struct Refuse {
        Refusal refusal;
        MethodId method;
        std::string reason;  // for the operator, if it is not the refusal's own
        bool tell = true;    // false: close the socket without a word, as the client expects
    };
    using Step = std::variant<Authenticate, Identify, SendTune, Wait, Open, Refuse>;

    // `channel_max` is offered; 0: no limit. `certified`: the user that the peer's certificate
    // names, if it has one.
    Handshake(const AmqpOptions& options,
              uint16_t channel_max,
              std::optional<std::string> certified = std::nullopt);

    std::string_view mechanisms() const;
    ConnectionTune tune() const;
    Step on_method(const Method& method);
    // After Authenticate or Identify. The reason of an error is for the operator.
    Step authenticated(const Result<Identity>& identity);

    // As far as the handshake has come.
    const Client& client() const { return client_; }
    const Identity& identity() const { return identity_; }
    const Limits& limits() const { return limits_; }

private:
    struct AwaitingStartOk {};
    struct AwaitingIdentity {
        std::string mechanism;
        std::string user;  // as whom he would come in
    };
    struct AwaitingTuneOk {};
    struct AwaitingOpen {};

    Step on_start_ok(const ConnectionStartOk& method);
    Step refuse_login(const AwaitingIdentity& login, const Error& reason) const;
    Step on_tune_ok(const ConnectionTuneOk& method);

    const AmqpOptions& options_;
    const std::optional<std::string> certified_;
    std::variant<AwaitingStartOk, AwaitingIdentity, AwaitingTuneOk, AwaitingOpen> stage_;
    Client client_;
    Identity identity_;
    Limits limits_;
};

}  // namespace varve::amqp
