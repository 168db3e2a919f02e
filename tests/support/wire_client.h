// A client on a socket that says whatever it is told to, and judges what it is answered.
#pragma once

#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/frame_writer.h"
#include "server/message/properties.h"
#include "tests/support/file_descriptor.h"
#include "tests/support/session_judge.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

// A method of the server's, with its content where it has one.
struct ServerSaid {
    uint16_t channel = 0;
    std::string payload;
    std::string properties;
    std::string body;
    amqp::Method method() const { return must(amqp::decode_method(payload)); }  // borrows
};

// Sends never block for ever: what the server says meanwhile is read.
//
// Threading: Caller-serialised.
class WireClient {
public:
    explicit WireClient(FileDescriptor socket);

    // ---- saying
    void send_bytes(std::string_view bytes);
    template <typename M>
    void send(uint16_t channel, const M& method) {
        std::string frames;
        amqp::FrameWriter(frames, kFrameSizeMax).method(channel, method);
        send_bytes(frames);
    }
    void publish(uint16_t channel,
                 const amqp::BasicPublish& method,
                 std::string_view body,
                 std::string_view properties = amqp::kNoProperties);
    // Protocol header to connection.open, without waiting for answers.
    void say_login(std::string_view client_properties = {});
    // No more is sent.
    void finish_sending();
    // Hangs up without a word.
    void reset();

    // ---- hearing
    // Reads what is there now.
    void read_ready();
    // Waits until something comes. False: nothing did, so long, or the connection has ended.
    bool wait_readable(std::chrono::milliseconds patience) const;
    // What came since it was taken last. The content of the last one may be on its way still.
    std::vector<ServerSaid> take();
    bool has_ended() const { return ended_; }  // the server has hung up

    // What was wrong with what the server said, first of all; empty: nothing.
    const std::string& fault() const { return fault_; }
    const SessionJudge& judge() const { return judge_; }

private:
    static constexpr uint32_t kFrameSizeMax = 131072;

    void on_bytes();
    void on_frame(const amqp::Frame& frame);
    void find_fault(std::string fault);

    FileDescriptor socket_;
    SessionJudge judge_;
    amqp::FrameReader reader_ = amqp::FrameReader::expecting_frames(kFrameSizeMax);
    std::string inbox_;
    std::vector<ServerSaid> said_;
    bool heard_anything_ = false;
    bool speaks_amqp_ = true;
    bool ended_ = false;
    std::string fault_;
};

}  // namespace varve
