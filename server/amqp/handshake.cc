#include "server/amqp/handshake.h"

#include <limits>
#include <optional>

namespace varve::amqp {

namespace {

constexpr uint16_t kChannelNumberMax = std::numeric_limits<uint16_t>::max();

// 0 stands for "no limit": then ours holds.
template <typename T>
std::optional<Refusal> negotiate(T& limit, T answer, T min, std::string_view name) {
    if (answer == 0) return std::nullopt;
    const auto text = [&](std::string_view relation, T bound) {
        return "negotiated " + std::string(name) + " = " + std::to_string(answer) + " is " +
               std::string(relation) + " (" + std::to_string(bound) + ")";
    };
    if (answer > limit)
        return Refusal{ReplyCode::not_allowed,
                       text("higher than the maximum allowed value", limit)};
    if (answer < min)
        return Refusal{ReplyCode::not_allowed, text("lower than the minimum allowed value", min)};
    limit = answer;
    return std::nullopt;
}

MethodId id_of(const Method& method) {
    return std::visit([](const auto& m) { return std::decay_t<decltype(m)>::kId; }, method);
}

}  // namespace

Handshake::Handshake(const AmqpOptions& options,
                     uint16_t channel_max,
                     std::optional<std::string> certified)
    : options_(options), certified_(std::move(certified)) {
    limits_.channel_max = channel_max == 0 ? kChannelNumberMax : channel_max;
}

std::string_view Handshake::mechanisms() const {
    return certified_ ? kSaslWithExternal : kSaslMechanisms;
}

ConnectionTune Handshake::tune() const {
    return {limits_.channel_max, kFrameSizeMax, static_cast<uint16_t>(options_.heartbeat.count())};
}

Handshake::Step Handshake::on_method(const Method& method) {
    if (const auto* start_ok = std::get_if<ConnectionStartOk>(&method);
        start_ok && std::holds_alternative<AwaitingStartOk>(stage_)) {
        return on_start_ok(*start_ok);
    }
    if (const auto* tune_ok = std::get_if<ConnectionTuneOk>(&method);
        tune_ok && std::holds_alternative<AwaitingTuneOk>(stage_)) {
        return on_tune_ok(*tune_ok);
    }
    if (const auto* open = std::get_if<ConnectionOpen>(&method);
        open && std::holds_alternative<AwaitingOpen>(stage_)) {
        return Open{std::string(open->virtual_host)};
    }
    const MethodId id = id_of(method);
    return Refuse{{ReplyCode::command_invalid,
                   std::string(method_name(id)) + " is not expected in the handshake"},
                  id,
                  {}};
}

Handshake::Step Handshake::on_start_ok(const ConnectionStartOk& method) {
    client_ = client_of(method.client_properties);
    if (certified_ && method.mechanism == kSaslExternal) {
        stage_ = AwaitingIdentity{std::string(method.mechanism), *certified_};
        return Identify{*certified_};
    }
    const auto credentials = parse_sasl(method.mechanism, method.response);
    if (!credentials && credentials.error().code == ErrorCode::not_implemented) {
        return Refuse{{ReplyCode::command_invalid, credentials.error().detail}, method.kId, {}};
    }
    AwaitingIdentity login{std::string(method.mechanism), {}};
    if (!credentials) return refuse_login(login, credentials.error());
    login.user = credentials->user;
    stage_ = std::move(login);
    return Authenticate{*credentials};
}

Handshake::Step Handshake::authenticated(const Result<Identity>& identity) {
    const AwaitingIdentity login = *std::get_if<AwaitingIdentity>(&stage_);
    if (!identity) return refuse_login(login, identity.error());
    identity_ = *identity;
    stage_ = AwaitingTuneOk{};
    return SendTune{};
}

Handshake::Step Handshake::refuse_login(const AwaitingIdentity& login, const Error& reason) const {
    return Refuse{
        {ReplyCode::access_refused,
         "Login was refused using authentication mechanism " + login.mechanism +
             ". For details see the broker logfile."},
        {},  // as RabbitMQ: no method is to blame
        login.user.empty() ? reason.detail : "user '" + login.user + "': " + reason.detail,
        client_.capabilities.authentication_failure_close};
}

Handshake::Step Handshake::on_tune_ok(const ConnectionTuneOk& method) {
    auto refusal = negotiate(limits_.frame_size_max, method.frame_max, kFrameSizeMin, "frame_max");
    if (!refusal)
        refusal = negotiate(limits_.channel_max, method.channel_max, uint16_t{1}, "channel_max");
    if (refusal) return Refuse{*refusal, method.kId, {}};
    limits_.heartbeat = std::chrono::seconds(method.heartbeat);
    stage_ = AwaitingOpen{};
    return Wait{};
}

}  // namespace varve::amqp
