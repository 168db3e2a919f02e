// From connection.start to connection.open, in stages. No I/O: methods in, what to do out.
#pragma once

#include "server/amqp/client.h"
#include "server/amqp/options.h"
#include "server/amqp/reply_code.h"
#include "server/amqp/wire/methods.h"
#include "server/auth/users.h"

#include <chrono>
#include <string>
#include <variant>

namespace varve::amqp {

struct Limits {
    uint16_t channel_max = kChannelMax;
    uint32_t frame_size_max = kFrameSizeMax;
    std::chrono::seconds heartbeat{};
};

// One connection's handshake.
//
// Threading: Caller-serialised.
class Handshake {
public:
    // What to do after a method.
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
    using Step = std::variant<SendTune, Wait, Open, Refuse>;

    Handshake(const AmqpOptions& options, const Users& users, PeerPlace place);

    ConnectionTune tune() const;
    Step on_method(const Method& method);

    // As far as the handshake has come.
    const Client& client() const { return client_; }
    const std::string& user() const { return user_; }
    const Limits& limits() const { return limits_; }

private:
    struct AwaitingStartOk {};
    struct AwaitingTuneOk {};
    struct AwaitingOpen {};

    Step on_start_ok(const ConnectionStartOk& method);
    Step on_tune_ok(const ConnectionTuneOk& method);

    const AmqpOptions& options_;
    const Users& users_;
    PeerPlace place_;
    std::variant<AwaitingStartOk, AwaitingTuneOk, AwaitingOpen> stage_;
    Client client_;
    std::string user_;
    Limits limits_;
};

}  // namespace varve::amqp
