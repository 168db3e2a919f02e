#include "tests/fuzz/session/session_script.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "server/message/field_table.h"
#include "server/message/properties.h"
#include "tests/fuzz/session/vocabulary.h"

#include <cstdio>

namespace varve {

using namespace amqp;  // NOLINT(google-build-using-namespace): its methods, by the dozen

namespace {

constexpr size_t kStepsMax = 200;  // A longer input finds nothing that two shorter ones do not.
constexpr std::chrono::milliseconds kSlice(100);
constexpr int kSlicesMax = 200;

std::string capabilities() {
    const FieldTable flags{{"consumer_cancel_notify", FieldValue::boolean(true)},
                           {"connection.blocked", FieldValue::boolean(true)},
                           {"authentication_failure_close", FieldValue::boolean(true)}};
    return FieldTable{{"capabilities", {flags}}}.encode();
}

void check_fault(const WireClient& client) {
    if (client.fault().empty()) return;
    std::fprintf(stderr, "the server's fault: %s\n", client.fault().c_str());
    VARVE_CHECK(client.fault().empty());
}

}  // namespace

SessionScript::SessionScript(WireBroker& broker, BrokerHome& home, ByteView input)
    : broker_(broker), home_(home), bytes_(input) {}

// The first byte: raw bytes from the protocol header on, raw bytes within a session, or a script.
void SessionScript::play() {
    const uint8_t how = bytes_.byte();
    answers_closes_ = (how & 4) != 0;
    peer_ = &peers_[0];
    if (how % 4 == 0) {
        peer_->client = std::make_unique<WireClient>(broker_.connect(0));
        peer_->is_tidy = false;
        peer_->client->send_bytes(bytes_.rest());
    } else if (how % 4 == 1) {
        connect(*peer_);
        peer_->is_tidy = false;
        peer_->client->send_bytes(bytes_.rest());
    } else {
        for (size_t count = 0; count < kStepsMax && !bytes_.empty(); ++count) step();
    }
    for (Peer& peer : peers_) end(peer);
}

void SessionScript::connect(Peer& peer) {
    peer = {};
    peer.client = std::make_unique<WireClient>(
        broker_.connect(static_cast<ShardIndex>(&peer - peers_.data())));
    peer.client->say_login(capabilities());
    peer.client->send(1, ChannelOpen{});
    // Before the clock moves on: a handshake may not last.
    for (bool is_open = false; !is_open;) {
        VARVE_CHECK(hears(*peer.client));
        peer.client->read_ready();
        for (const ServerSaid& said : peer.client->take()) is_open = is_open || said.channel == 1;
    }
}

void SessionScript::step() {
    const uint8_t where = bytes_.byte();
    peer_ = &peers_[where & 1];
    channel_ = where < 0xf0 ? 1 + (where >> 1) % 3 : where >> 1 & 7;
    if (!peer_->client || peer_->client->has_ended()) connect(*peer_);
    const uint8_t what = bytes_.byte() % 48;
    const bool done = say_of_channels(what) || say_of_topology(what) || say_of_consuming(what) ||
                      say_of_settling(what) || say_of_publishing(what) || say_nonsense(what) ||
                      let_happen(what);
    if (!done) publish();
    listen(*peer_);
}

bool SessionScript::say_of_channels(uint8_t what) {
    switch (what) {
        case 0:
        case 1:
            return say(ChannelOpen{}), true;
        case 2:
            return say(ChannelClose{200, "bye", 0, 0}), true;
        case 3:
            return say(ChannelFlow{!bytes_.rarely()}), true;
        case 4:
            return say(ConfirmSelect{bytes_.flag()}), true;
        case 5:
            return say(TxSelect{}), true;
        case 6:
        case 7:
            return say(TxCommit{}), true;
        case 8:
            return say(TxRollback{}), true;
        default:
            return false;
    }
}

bool SessionScript::say_of_topology(uint8_t what) {
    namespace words = vocabulary;
    const auto name = [this] { return words::exchange(bytes_); };
    switch (what) {
        case 9:
        case 10: {
            const uint8_t flags = bytes_.byte();
            const auto exchange = name();
            const auto type = words::exchange_type(bytes_);
            const std::string arguments = words::exchange_arguments(bytes_);
            say(ExchangeDeclare{exchange,
                                type,
                                (flags & 0x30) == 0x30,
                                (flags & 1) != 0,
                                (flags & 2) != 0,
                                (flags & 12) == 12,
                                (flags & 64) != 0,
                                arguments});
            return true;
        }
        case 11:
            return say(ExchangeDelete{name(), bytes_.flag(), bytes_.flag()}), true;
        case 12:
        case 13: {
            const auto to = name();
            const auto from = name();
            const auto key = words::key(bytes_);
            const std::string arguments = words::binding_arguments(bytes_);
            if (bytes_.below(4) == 0)
                say(ExchangeUnbind{to, from, key, false, arguments});
            else
                say(ExchangeBind{to, from, key, bytes_.rarely(), arguments});
            return true;
        }
        case 14:
        case 15:
        case 16: {
            const uint8_t flags = bytes_.byte();
            const auto queue = words::queue(bytes_);
            const std::string arguments = words::queue_arguments(bytes_);
            say(QueueDeclare{queue,
                             (flags & 0x30) == 0x30,
                             (flags & 1) != 0,
                             (flags & 6) == 6,
                             (flags & 24) == 24,
                             (flags & 64) != 0,
                             arguments});
            return true;
        }
        case 17:
        case 18: {
            const auto queue = words::queue(bytes_);
            const auto from = name();
            const auto key = words::key(bytes_);
            const std::string arguments = words::binding_arguments(bytes_);
            if (bytes_.below(4) == 0)
                say(QueueUnbind{queue, from, key, arguments});
            else
                say(QueueBind{queue, from, key, bytes_.rarely(), arguments});
            return true;
        }
        case 19:
            return say(QueuePurge{words::queue(bytes_), bytes_.rarely()}), true;
        case 20:
            say(QueueDelete{words::queue(bytes_), bytes_.flag(), bytes_.flag(), bytes_.rarely()});
            return true;
        default:
            return false;
    }
}

bool SessionScript::say_of_consuming(uint8_t what) {
    switch (what) {
        case 21:
            say(BasicQos{bytes_.rarely() ? 1u : 0u, bytes_.byte(), bytes_.flag()});
            return true;
        case 22:
        case 23:
        case 24: {
            const auto queue = vocabulary::queue(bytes_);
            const auto tag = vocabulary::consumer_tag(bytes_);
            const uint8_t flags = bytes_.byte();
            const std::string arguments = vocabulary::consumer_arguments(bytes_);
            say(BasicConsume{queue,
                             tag,
                             (flags & 1) != 0,
                             (flags & 2) != 0,
                             (flags & 12) == 12,
                             (flags & 48) == 48,
                             arguments});
            return true;
        }
        case 25:
            return say(BasicCancel{vocabulary::consumer_tag(bytes_), bytes_.rarely()}), true;
        case 26:
        case 27:
            return say(BasicGet{vocabulary::queue(bytes_), bytes_.flag()}), true;
        default:
            return false;
    }
}

// Mostly something that is out, as far as this client has listened.
uint64_t SessionScript::delivery_tag() {
    const uint64_t number = bytes_.number();
    if (number >= 64) return number;
    channel_ = peer_->last_channel;
    return peer_->last_delivery > number % 4 ? peer_->last_delivery - number % 4 : number;
}

bool SessionScript::say_of_settling(uint8_t what) {
    switch (what) {
        case 28:
        case 29: {
            const uint64_t tag = delivery_tag();
            return say(BasicAck{tag, bytes_.flag()}), true;
        }
        case 30: {
            const uint64_t tag = delivery_tag();
            const bool multiple = bytes_.flag();
            return say(BasicNack{tag, multiple, bytes_.flag()}), true;
        }
        case 31: {
            const uint64_t tag = delivery_tag();
            return say(BasicReject{tag, bytes_.flag()}), true;
        }
        case 32:
            return say(BasicRecover{!bytes_.rarely()}), true;
        case 33:
            return say(BasicRecoverAsync{!bytes_.rarely()}), true;
        default:
            return false;
    }
}

void SessionScript::publish() {
    const auto exchange = vocabulary::exchange(bytes_);
    const auto key = bytes_.flag() ? vocabulary::queue(bytes_) : vocabulary::key(bytes_);
    const uint8_t flags = bytes_.byte();
    const std::string properties = vocabulary::properties(bytes_);
    // Now and then as large as those that are written from where they lie.
    const std::string body(bytes_.rarely() ? size_t{20000} : flags >> 4, 'b');
    peer_->client->publish(channel_,
                           {exchange, key, (flags & 1) != 0, (flags & 14) == 14},
                           body,
                           properties.size() < 2 ? kNoProperties : ByteView(properties));
}

bool SessionScript::say_of_publishing(uint8_t what) {
    // Content and its method apart, in any order.
    if (what == 34) return say(BasicPublish{"", vocabulary::queue(bytes_), false, false}), true;
    std::string frames;
    FrameWriter writer(frames, kFrameSizeDefault);
    if (what == 35) {
        const std::string properties = vocabulary::properties(bytes_);
        writer.content_header(channel_,
                              properties.size() < 2 ? kNoProperties : ByteView(properties),
                              bytes_.number());
    } else if (what == 36) {
        writer.content(channel_, kNoProperties, bytes_.text());
        // Without the header that content() begins with.
        const std::string header = frames;
        frames.clear();
        writer.content_header(channel_, kNoProperties, 0);
        frames = header.substr(frames.size());
    } else {
        return false;
    }
    peer_->client->send_bytes(frames);
    return true;
}

bool SessionScript::say_nonsense(uint8_t what) {
    switch (what) {
        case 37: {  // A frame of any kind with anything in it.
            const ByteView payload = bytes_.text();
            std::string frame;
            frame.push_back(static_cast<char>(1 + bytes_.below(8)));
            char header[6];
            store_be<uint16_t>(header, channel_);
            store_be<uint32_t>(header + 2, static_cast<uint32_t>(payload.size()));
            frame.append(header, sizeof header).append(payload).push_back(kFrameEnd);
            peer_->is_tidy = false;
            return peer_->client->send_bytes(frame), true;
        }
        case 38:
            peer_->is_tidy = false;
            return peer_->client->send_bytes(bytes_.text()), true;
        case 39:
            if (bytes_.flag()) return say(ChannelCloseOk{}), true;
            peer_->is_tidy = false;
            return peer_->client->send(0, ConnectionCloseOk{}), true;
        case 40:
            return say(BasicDeliver{"t", 1, false, "", "a"}), true;
        case 41:
            if (bytes_.flag())
                return peer_->client->send(0, ConnectionUpdateSecret{"new", "x"}), true;
            return say(AccessRequest{}), true;
        default:
            return false;
    }
}

bool SessionScript::let_happen(uint8_t what) {
    switch (what) {
        case 42:
            home_.clock.advance(std::chrono::milliseconds(bytes_.byte()));
            return true;
        case 43:
        case 44:
            return settle_down(), true;
        case 45:
            if (bytes_.rarely()) {
                peer_->client->reset();
            } else if (bytes_.rarely()) {
                peer_->client->send(0, ConnectionClose{200, "bye", 0, 0});
            } else {
                publish();
            }
            return true;
        default:
            return false;
    }
}

void SessionScript::settle_down() {
    broker_.broker().quiesce();
    for (Peer& peer : peers_) {
        if (peer.client) listen(peer);
    }
}

void SessionScript::listen(Peer& peer) {
    peer.client->read_ready();
    check_fault(*peer.client);
    for (const ServerSaid& said : peer.client->take()) {
        const Method method = said.method();
        if (const auto* deliver = std::get_if<BasicDeliver>(&method)) {
            peer.last_delivery = deliver->delivery_tag;
            peer.last_channel = said.channel;
        } else if (const auto* got = std::get_if<BasicGetOk>(&method)) {
            peer.last_delivery = got->delivery_tag;
            peer.last_channel = said.channel;
        } else if (std::holds_alternative<ChannelClose>(method) && answers_closes_) {
            peer.client->send(said.channel, ChannelCloseOk{});
        } else if (std::holds_alternative<ConnectionClose>(method)) {
            peer.client->send(0, ConnectionCloseOk{});
        }
    }
}

// Waits until something comes. Not by the clock alone: a machine that is stopped, or has no time
// for this process, has not waited before the broker has had its turns.
bool SessionScript::hears(const WireClient& client) {
    for (int slices = 0; slices < kSlicesMax && !client.has_ended(); ++slices) {
        if (client.wait_readable(kSlice)) return true;
        broker_.broker().quiesce();
    }
    return false;
}

// Whoever says connection.close is answered, or told why not.
void SessionScript::end(Peer& peer) {
    if (!peer.client || peer.client->has_ended()) return;
    listen(peer);
    WireClient& client = *peer.client;
    if (peer.is_tidy) {
        client.send(0, ConnectionClose{200, "bye", 0, 0});
        while (!client.judge().server_has_ended() && hears(client)) listen(peer);
        VARVE_CHECK(client.judge().server_has_ended());
    }
    client.finish_sending();
    while (hears(client)) client.read_ready();
    check_fault(client);
    VARVE_CHECK(client.has_ended());
    client.reset();
}

}  // namespace varve
