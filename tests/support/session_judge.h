// What a server may say at each moment of one AMQP connection, given what its client has said.
#pragma once

#include "server/amqp/wire/content_header.h"
#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/methods.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace varve {

// Looks at both directions. A client may say anything, in any order, without waiting for answers:
// of what it says only what could be understood counts. The judge knows no broker: whether a queue
// is there or a message was due is not its business.
//
// What it holds the server to: answers come in the order of their requests; nothing is said on
// channels that are not open, and nothing after the end; content follows its method, whole;
// delivery tags rise by one; deliveries are for consumers of the channel; each publish is confirmed
// at most once; only mandatory messages come back; every property list holds together.
//
// Threading: Caller-serialised.
class SessionJudge {
public:
    // Bytes that are about to be sent.
    void client_sends(ByteView bytes);
    // The fault of a frame from the server; empty if it is legal.
    std::string judge(const amqp::Frame& frame);
    // The server has said connection.close or its close-ok, or speaks no AMQP to this client.
    bool server_has_ended() const { return ended_; }

private:
    struct Consumers {
        std::set<std::string, std::less<>> told;     // by consume-ok
        std::set<std::string, std::less<>> unasked;  // consume with no_wait
        bool any = false;                            // the same, without a tag
    };
    // A request that has an answer, or channel.close-ok.
    struct Request {
        amqp::MethodId id;
        std::optional<amqp::MethodId> answer;
    };
    struct Content {
        bool header_due = false;
        uint64_t body_due = 0;
        bool is_due() const { return header_due || body_due > 0; }
    };
    struct Channel {
        bool is_open = false;
        bool discards = false;  // the server closed it, and its client has not taken notice yet
        std::deque<Request> requests;
        Consumers consumers;
        uint64_t last_delivery = 0;
        uint64_t published = 0;
        uint64_t mandatory = 0;
        uint64_t returned = 0;
        std::set<uint64_t> confirmed;  // of this opening, above confirmed_end
        uint64_t confirmed_end = 1;
        Content content;
    };

    void note(uint16_t number, const amqp::Method& method);
    static void note_consume(Channel& channel, const amqp::BasicConsume& consume);
    std::string judge_content(Channel& channel, const amqp::Frame& frame);
    std::string judge_connection(const amqp::Method& method);
    std::string judge_channel(uint16_t number, const amqp::Method& method);
    std::string judge_unasked(Channel& channel, const amqp::Method& method, bool& is_unasked);
    static std::string judge_answer(Channel& channel, const amqp::Method& method);
    static std::string judge_delivery(Channel& channel, const amqp::BasicDeliver& deliver);
    static std::string judge_tag(Channel& channel, uint64_t tag);
    static std::string judge_confirm(Channel& channel, uint64_t tag, bool multiple);
    static void close_by_server(Channel& channel);

    amqp::FrameReader reader_ = amqp::FrameReader::expecting_protocol_header(131072);
    std::string unread_;  // of the client's bytes
    bool understands_client_ = true;
    bool ended_ = false;
    bool close_sent_ = false;               // by the server
    std::map<uint16_t, Channel> channels_;  // 0 is the connection itself
};

}  // namespace varve
