// The parts of Channel that know the connection, for channel.cc, consumer.cc and the handlers.
#pragma once

#include "server/amqp/channel.h"
#include "server/amqp/connection.h"

namespace varve::amqp {

// Nothing is said on a channel after its channel.close, and after the connection's.
template <typename M>
void Channel::send(const M& method) {
    if (!closed_ && connection_.is_open()) connection_.writer().method(number_, method);
}

template <typename Ok>
Outcome Channel::answer_when_done(MethodId method, bool no_wait, Task<Result<void>> done) {
    run(method, answer<Ok>(shared_from_this(), std::move(done), no_wait));
    return std::nullopt;
}

template <typename Ok>
Task<Outcome> Channel::answer(Self /*self*/, Task<Result<void>> done, bool no_wait) {
    const Result<void> result = co_await std::move(done);
    if (!result) co_return refusal_of(result.error());
    if (!no_wait) send(Ok{});
    co_return std::nullopt;
}

}  // namespace varve::amqp
