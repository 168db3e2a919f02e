// A broker that is just enough for the load generator, and that can be told to get one thing wrong.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

namespace varve::load {

// What goes wrong with the message of that number, counted from 0 as published. Nothing by default.
struct Faults {
    std::optional<uint64_t> lose;
    std::optional<uint64_t> duplicate;
    std::optional<uint64_t> redeliver;  // comes again with the flag: no fault at all
    std::optional<uint64_t> damage;
    std::optional<uint64_t> delay;  // comes after the next one
    std::optional<uint64_t>
        disconnect;  // every connection breaks when it arrives, unconfirmed and undelivered
    bool refuse_login = false;
};

// Listens on a free port of the loopback. Every message goes to the one who has consumed from its
// routing key, or waits for them; acks are not looked at. Runs in its own thread until it is
// destroyed.
class EchoBroker {
public:
    explicit EchoBroker(const Faults& faults);
    ~EchoBroker();
    EchoBroker(const EchoBroker&) = delete;
    EchoBroker& operator=(const EchoBroker&) = delete;

    uint16_t port() const;

private:
    class Core;
    std::unique_ptr<Core> core_;
    std::atomic<bool> stop_{false};
    std::jthread thread_;
};

}  // namespace varve::load
