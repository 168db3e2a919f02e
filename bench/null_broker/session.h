// One AMQP connection of the null broker.
#pragma once

#include "bench/null_broker/socket.h"
#include "bench/null_broker/subscriptions.h"
#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/frame_writer.h"

namespace varve::null_broker {

// Answers every method as if it had been done, hands messages on, and confirms them.
//
// A message is handed on when all of it is there: those of two publishers must not mix on the way
// to one consumer. Prefetch, acknowledgements and rights are not looked at.
//
// Threading: Caller-serialised.
class Session {
public:
    Session(int fd, Subscriptions& subscriptions);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Socket& socket() { return socket_; }

    // Reads and answers what has come; the answers wait in the outbox. False: the peer has gone, or
    // does not speak AMQP.
    bool turn();

private:
    bool take(const amqp::Frame& frame, ByteView& input);
    // `rest` begins behind the basic.publish; false if not all of the message is there, and then
    // nothing was taken.
    bool take_message(const amqp::BasicPublish& publish, ByteView& rest);
    // A method without a rule of its own gets its empty reply, if it has one.
    template <typename M>
    void answer(uint16_t channel, const M& /*method*/) {
        if constexpr (requires { typename M::Reply; }) writer_.method(channel, typename M::Reply{});
    }
    void answer(uint16_t channel, const amqp::ConnectionStartOk& method);
    void answer(uint16_t channel, const amqp::ConfirmSelect& method);
    void answer(uint16_t channel, const amqp::QueueBind& method);
    void answer(uint16_t channel, const amqp::BasicConsume& method);

    Subscriptions& subscriptions_;
    Socket socket_;
    amqp::FrameReader reader_;
    amqp::FrameWriter writer_;
    bool broken_ = false;
    bool confirms_ = false;
    uint64_t published_ = 0;
    uint64_t confirmed_ = 0;
};

}  // namespace varve::null_broker
