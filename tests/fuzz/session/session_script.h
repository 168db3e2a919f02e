// A fuzzer's input as a story of two clients at one broker: what they say, in any order and with
// any values, and when the clock moves.
#pragma once

#include "tests/fuzz/session/fuzz_bytes.h"
#include "tests/support/wire_broker.h"
#include "tests/support/wire_client.h"

#include <array>
#include <memory>

namespace varve {

// Checks as it goes that the server says nothing it may not say, and ends each connection when its
// client does.
class SessionScript {
public:
    SessionScript(WireBroker& broker, BrokerHome& home, ByteView input);

    // Plays the whole input, and ends both connections.
    void play();

private:
    struct Peer {
        std::unique_ptr<WireClient> client;
        bool is_tidy = true;  // it has said nothing that may keep its close from being answered
        uint64_t last_delivery = 0;
        uint16_t last_channel = 1;
    };

    void step();
    // ---- what a step may be; each answers whether it was its turn
    bool say_of_channels(uint8_t what);
    bool say_of_topology(uint8_t what);
    bool say_of_consuming(uint8_t what);
    bool say_of_settling(uint8_t what);
    bool say_of_publishing(uint8_t what);
    bool say_nonsense(uint8_t what);
    bool let_happen(uint8_t what);

    void connect(Peer& peer);
    void publish();
    void listen(Peer& peer);
    bool hears(const WireClient& client);
    void settle_down();
    void end(Peer& peer);
    uint64_t delivery_tag();
    template <typename M>
    void say(const M& method) {
        peer_->client->send(channel_, method);
    }

    WireBroker& broker_;
    BrokerHome& home_;
    FuzzBytes bytes_;
    bool answers_closes_ = true;
    std::array<Peer, 2> peers_;
    Peer* peer_ = nullptr;  // who speaks in this step, and where
    uint16_t channel_ = 0;
};

}  // namespace varve
