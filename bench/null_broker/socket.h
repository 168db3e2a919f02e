// One accepted socket with what was read and what is to be sent.
#pragma once

#include "engine/base/types.h"

#include <memory>
#include <string>

namespace varve::null_broker {

// Owns the descriptor. Caller-serialised. After a false from read() or flush() it is only good for
// being destroyed.
class Socket {
public:
    explicit Socket(int fd);
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    int fd() const { return fd_; }

    // Reads what is there. False: the peer has gone.
    bool read();
    ByteView unread() const { return {inbox_.get() + begin_, end_ - begin_}; }
    // `rest` is what of unread() nobody has used yet.
    void keep(ByteView rest) { begin_ = end_ - rest.size(); }

    std::string& outbox() { return outbox_; }
    size_t unsent() const { return outbox_.size() - sent_; }
    // Sends what the kernel takes; waits for the peer only while more than kUnsentMax is left:
    // whoever publishes faster than others consume is then held up with everybody else.
    bool flush();

private:
    bool wait_for_room() const;

    int fd_;
    std::unique_ptr<char[]> inbox_;
    size_t capacity_;
    size_t begin_ = 0;
    size_t end_ = 0;
    std::string outbox_;
    size_t sent_ = 0;
};

}  // namespace varve::null_broker
