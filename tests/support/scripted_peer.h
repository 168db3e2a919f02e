// An AMQP client that says exactly what a test tells it to, frame by frame.
#pragma once

#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/frame_writer.h"
#include "server/amqp/wire/methods.h"
#include "server/message/properties.h"

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <stdexcept>
#include <string>

namespace varve {

// Whatever was expected did not come, or something else did.
struct UnexpectedReply : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct PeerOptions {
    std::string vhost = "/";
    std::string response = std::string("\0guest\0guest", 12);
    std::string client_properties;  // an encoded table
    uint16_t channel_max = 0;
    uint32_t frame_max = 131072;
    uint16_t heartbeat = 0;
    int receive_buffer = 0;  // bytes of the socket's buffer; 0: the system's choice
};

// A message that arrived, by basic.deliver, basic.get-ok or basic.return.
struct PeerMessage {
    std::string consumer_tag;
    uint64_t tag = 0;
    bool redelivered = false;
    std::string exchange;
    std::string routing_key;
    std::string properties;
    std::string body;
};

// Reads time out after a few seconds with UnexpectedReply. Views in methods that were read live as
// long as the peer.
//
// Threading: Caller-serialised.
class ScriptedPeer {
public:
    explicit ScriptedPeer(uint16_t port, const PeerOptions& options = {});
    ~ScriptedPeer();
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;

    // ---- raw
    void send_bytes(std::string_view bytes);
    // Whatever comes next; empty at the end of the connection.
    std::string read_bytes();
    bool ends();  // nothing more comes, and the server closes
    void close();

    // ---- frames
    template <typename M>
    void send(uint16_t channel, const M& method) {
        writer().method(channel, method);
        send_outbox();
    }
    void publish(uint16_t channel,
                 const amqp::BasicPublish& method,
                 std::string_view body,
                 std::string_view properties = amqp::kNoProperties);
    // Queues frames in one write: begin() ... end().
    void begin_batch() { batching_ = true; }
    void end_batch();

    // The next frame; heartbeats are skipped, unless asked for.
    enum class Heartbeats : uint8_t { skip, show };
    amqp::Frame read_frame(Heartbeats heartbeats = Heartbeats::skip);
    // The next frame, which has to be this method on this channel.
    template <typename M>
    M expect(uint16_t channel) {
        const amqp::Method method = expect_method(channel);
        const M* found = std::get_if<M>(&method);
        if (!found)
            throw UnexpectedReply("expected " + std::string(method_name(M::kId)) + ", got " +
                                  describe(method));
        return *found;
    }
    template <typename Ok, typename M>
    Ok call(uint16_t channel, const M& method) {
        send(channel, method);
        return expect<Ok>(channel);
    }
    PeerMessage expect_delivery(uint16_t channel);
    PeerMessage expect_return(uint16_t channel);
    // Nullopt for get-empty.
    std::optional<PeerMessage> get(uint16_t channel, std::string_view queue, bool no_ack = false);
    // "404 NOT_FOUND - ... (50,10)"
    std::string expect_channel_close(uint16_t channel);  // and answers it
    std::string expect_connection_close();               // and answers it
    // Nothing comes for so long.
    bool is_silent_for(std::chrono::milliseconds time);

    // ---- stories
    void log_in();
    void open_channel(uint16_t channel);
    void declare_queue(uint16_t channel, std::string_view queue, bool durable = true);
    void consume(uint16_t channel,
                 std::string_view queue,
                 std::string_view tag = "c",
                 bool no_ack = false);

private:
    amqp::FrameWriter writer() { return {outbox_, frame_max_}; }
    void send_outbox();
    amqp::Method expect_method(uint16_t channel);
    PeerMessage read_content(uint16_t channel, PeerMessage message);
    bool fill();
    static std::string describe(const amqp::Method& method);

    PeerOptions options_;
    int socket_ = -1;
    uint32_t frame_max_ = 131072;
    std::string outbox_;
    bool batching_ = false;
    std::string inbox_;
    std::list<std::string> payloads_;  // of frames that were read
    amqp::FrameReader reader_;
};

}  // namespace varve
