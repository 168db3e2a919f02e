// channel.*, and access.request, which old clients still send.
#include "server/amqp/channel_send.h"

namespace varve::amqp {

Outcome Channel::handle(const ChannelOpen& /*method*/) {
    return Refusal{ReplyCode::channel_error, "second 'channel.open' seen"};
}

Outcome Channel::handle(const ChannelClose& method) {
    run(method.kId, close_for_client(shared_from_this()));
    return std::nullopt;
}

// Its publishes are waited for, so their confirms are told before the answer.
Task<Outcome> Channel::close_for_client(Self self) {
    end_all_but_confirms();
    co_await connection_.published();
    co_await release(self);
    if (connection_.is_open()) {
        connection_.writer().method(number_, ChannelCloseOk{});
        connection_.forget(*this);
    }
    co_return std::nullopt;
}

Outcome Channel::handle(const ChannelFlow& method) {
    if (!method.active) return Refusal{ReplyCode::not_implemented, "active=false"};
    send(ChannelFlowOk{true});
    return std::nullopt;
}

Outcome Channel::handle(const AccessRequest& /*method*/) {
    send(AccessRequestOk{1});
    return std::nullopt;
}

}  // namespace varve::amqp
