// One AMQP connection: reads frames, gives them to channels, writes what they answer, ends in good
// order.
#pragma once

#include "server/amqp/client.h"
#include "server/amqp/handshake.h"
#include "server/amqp/heartbeat.h"
#include "server/amqp/outbox.h"
#include "server/amqp/reply_code.h"
#include "server/amqp/sessions.h"
#include "server/amqp/unsettled.h"
#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/frame_writer.h"
#include "server/async/gate.h"
#include "server/auth/peer_place.h"
#include "server/broker/broker_shard.h"
#include "server/broker/session_directory.h"
#include "server/net/stream.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace varve::amqp {

class Channel;

// The read loop is plain calls: all frames of a read are handled before it returns. A method that
// has to wait runs as a task, and nothing further is read from this connection until it is done:
// that keeps a client's methods in order.
//
// Threading: Shard-bound.
// Lifetime:  shared by its Sessions and by the operations in flight on its socket, which end
// independently.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Sessions& sessions, Stream stream, SessionId id);
    ~Connection();

    // ---- for Sessions
    void start();
    void tick(std::chrono::nanoseconds now);
    void flow_changed();
    void accounts_changed();  // users, rights or vhosts
    void flush();
    void stop();  // the broker stops: connection.close 320
    // Somebody who may wants it closed: connection.close 320 with that reason.
    void close_forced(const std::string& reason);
    // Whether it has got as far as connection.open.
    bool has_opened() const { return opened_at_.has_value(); }
    // What the control door shows of it: listing.cc.
    ConnectionListing listing() const;

    // ---- for channels
    const SessionEnvironment& environment() const { return sessions_.environment(); }
    BrokerShard& broker() const { return sessions_.environment().broker; }
    const AmqpOptions& options() const { return sessions_.environment().options; }
    const SessionContext& session() const { return session_; }
    const Client& client() const { return client_; }
    // Channels have nothing to say once the connection closes.
    bool is_open() const { return stage_ == Stage::open; }

    // Appends frames to the outbox, which goes out at the end of the turn. Use it before the next
    // wait.
    FrameWriter writer();
    // The body of a large message, after its content header, as slices of the batch.
    void write_body(uint16_t channel, ByteView body, const BatchRef& keep);
    size_t body_frame_size_max() const { return frame_size_max_ - kFrameOverhead; }

    const std::shared_ptr<OutboxGauge>& outbox_gauge() const { return outbox_gauge_; }

    // Gathered while frames are parsed, handed to the broker after that. Credit was given back
    // before.
    std::vector<Settlement>& settlements() { return settlements_; }
    void flush_settlements();
    std::vector<UnsettledRecord>& taken() { return taken_; }  // to be used within one method

    // The first publish: from now on this client is told when the broker blocks.
    void note_publish() {
        if (!publishes_) begin_publishing();
    }
    // Resumes when what the client published is in its queues: somebody who looks there once it has
    // closed finds it.
    Task<void> published();

    // Runs what the method still has to do, and reads on when it is done. The channel may have gone
    // by then.
    void run(std::shared_ptr<Channel> channel, MethodId method, Task<Outcome> task);
    // Closes the channel, or the connection, whichever the code says.
    void refuse(Channel& channel, MethodId method, const Refusal& refusal);
    // Frees the number. `channel` may still be releasing what it holds.
    void forget(const Channel& channel);
    // Waits for it before the connection ends.
    void spawn(Task<void> task) { gate_.spawn(std::move(task)); }

private:
    enum class Stage : uint8_t {
        protocol_header,
        handshake,
        open,
        closing,   // connection.close is sent: everything but close-ok is discarded
        draining,  // all is said: waiting for the peer to close
        ended,
    };
    // Why nothing is parsed; any of them.
    enum Pause : uint8_t {
        kTask = 1,    // a method waits
        kHeld = 2,    // a publish comes next, and publishers are held
        kOutbox = 4,  // the client does not read what it is sent
    };

    // ---- reading: connection_read.cc
    void wait_readable();
    void on_readable();
    void read_failed(const Error& error);
    void read_ahead();
    ByteView parse(ByteView input);
    bool must_hold(ByteView input);
    bool step(ByteView& input);
    void on_frame(const Frame& frame);
    void on_channel_frame(const Frame& frame);
    void on_frame_error(FrameError error, ByteView input);
    void resume(Pause why);
    void parse_unparsed();
    void trickle(std::chrono::nanoseconds now);

    // ---- life cycle: connection.cc
    void begin_handshake();
    void refuse_protocol(ByteView input);
    void on_method(const Frame& frame);
    void on_handshake_step(const Handshake::Step& step);
    void open_vhost(const std::string& vhost);
    void on_unknown_channel(const Frame& frame);
    void open_channel(uint16_t number);

    // ---- who it is: connection_login.cc
    PeerPlace place() const;
    Task<Outcome> authenticate(std::shared_ptr<Connection> self, Credentials credentials);

    // ---- the end: connection_end.cc
    void on_connection_method(const Method& method);
    void close_with(MethodId method, const Refusal& refusal);
    Task<Outcome> close_for_client(std::shared_ptr<Connection> self);
    Task<void> release_channels(std::shared_ptr<Connection> self);
    Task<void> end_session(std::shared_ptr<Connection> self);
    void begin_release();
    void maybe_end_session();
    void drain();
    void end(std::string_view reason);

    void begin_publishing();
    void tell_blocked();
    void wait_writable();
    void account_outbox();

    Sessions& sessions_;
    Stream stream_;
    SessionContext session_;
    Client client_;
    Stage stage_ = Stage::protocol_header;
    SessionLimits::Admission admission_;  // while it counts as open
    std::optional<TimePoint> opened_at_;
    uint8_t pauses_ = 0;
    bool parsing_ = false;
    bool waits_readable_ = false;
    bool waits_writable_ = false;
    bool flush_requested_ = false;
    bool publishes_ = false;
    bool blocked_told_ = false;
    bool task_runs_ = false;
    bool release_began_ = false;
    bool channels_released_ = false;
    bool session_ended_ = false;
    bool sending_finished_ = false;
    uint16_t channel_max_ = kChannelMaxDefault;
    uint32_t frame_size_max_ = kFrameSizeMax;
    FrameReader reader_;
    std::unique_ptr<Handshake> handshake_;  // until it is open
    Heartbeat heartbeat_;
    std::chrono::nanoseconds last_received_{};
    std::chrono::nanoseconds last_sent_{};
    std::chrono::nanoseconds last_trickle_{};
    std::chrono::nanoseconds deadline_ =
        std::chrono::nanoseconds::max();  // of a stage that may not last

    // What was read and not parsed: the beginning of a frame, or whatever came before a pause.
    std::string unparsed_;
    size_t unparsed_at_ = 0;
    size_t trickle_ = 0;  // bytes that may be parsed although publishers are held

    Outbox outbox_;
    std::shared_ptr<OutboxGauge> outbox_gauge_;
    int64_t outbox_accounted_ = 0;

    std::unordered_map<uint16_t, std::shared_ptr<Channel>> channels_;
    Channel* last_channel_ = nullptr;  // the one most likely to come next
    Channel* assembling_ = nullptr;    // whose message is not complete
    std::vector<Settlement> settlements_;
    std::vector<UnsettledRecord> taken_;
    Gate gate_;
};

}  // namespace varve::amqp
