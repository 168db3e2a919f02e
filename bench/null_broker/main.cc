// How fast can one thread move AMQP messages between sockets? A broker that parses, hands on and
// confirms, and neither routes nor stores: the ceiling that bench/compare measures beside real
// brokers.
#include "bench/null_broker/session.h"
#include "tools/load/poller.h"

#include <arpa/inet.h>
#include <cstdio>
#include <limits>
#include <memory>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace varve::null_broker {

namespace {

constexpr size_t kListener = std::numeric_limits<size_t>::max();
constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

// All sessions, served by the thread that calls run().
class NullBroker {
public:
    explicit NullBroker(int listener) : listener_(listener) { poller_.add(listener_, kListener); }

    [[noreturn]] void run() {
        for (;;) {
            for (const load::Poller::Event& event : poller_.wait(kForever)) {
                if (event.index == kListener) {
                    accept();
                } else if (event.input && !sessions_[event.index]->turn()) {
                    sessions_[event.index].reset();
                }
            }
            for (size_t index = 0; index < sessions_.size(); ++index) send(index);
        }
    }

private:
    void accept() {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        poller_.add(fd, sessions_.size());
        sessions_.push_back(std::make_unique<Session>(fd, subscriptions_));
        wants_room_.push_back(false);
    }

    void send(size_t index) {
        if (!sessions_[index]) return;
        Socket& socket = sessions_[index]->socket();
        if (!socket.flush()) {
            sessions_[index].reset();
            return;
        }
        const bool wants_room = socket.unsent() > 0;
        if (wants_room == wants_room_[index]) return;
        wants_room_[index] = wants_room;
        poller_.change(
            socket.fd(),
            index,
            wants_room ? load::Poller::Wants::input_and_room : load::Poller::Wants::input);
    }

    int listener_;
    load::Poller poller_;
    Subscriptions subscriptions_;
    std::vector<std::unique_ptr<Session>>
        sessions_;  // by the poller's index; one that ended is null
    std::vector<bool> wants_room_;
};

// A listening socket on a free port of the loopback, which it announces as varved does; -1 if there
// is none.
int listen() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd, generic, size) != 0 || ::listen(fd, SOMAXCONN) != 0 ||
        ::getsockname(fd, generic, &size) != 0) {
        return -1;
    }
    std::printf("ready amqp=127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

}  // namespace

}  // namespace varve::null_broker

int main() {
    const int listener = varve::null_broker::listen();
    if (listener < 0) {
        std::perror("null_broker");
        return 1;
    }
    varve::null_broker::NullBroker(listener).run();
}
