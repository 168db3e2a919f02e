// Every setting of one load run, with unit and default. Filled from the command line by command.cc.
#pragma once

#include "server/message/field_table.h"
#include "tools/load/amqp_uri.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace varve::load {

enum class ExchangeMode : uint8_t {
    direct,  // the default exchange; each publisher goes round the queues
    fanout,  // every message to every queue
};
enum class Roles : uint8_t { both, publish_only, consume_only };
enum class OutputFormat : uint8_t { text, json };

struct Options {
    AmqpUri uri;

    uint32_t publishers = 1;
    uint32_t consumers = 1;
    uint32_t queues = 1;
    std::string queue_pattern = "varve-bench-%";  // % is the number of the queue, from 0 on
    ExchangeMode exchange = ExchangeMode::direct;
    std::string exchange_name = "varve-bench-fanout";
    amqp::FieldTable queue_arguments;
    bool keep = false;   // leave the queues when done
    bool purge = false;  // empty queues that hold messages, instead of refusing to start

    uint32_t size = 1024;  // bytes of a body, stamp included
    bool transient = false;
    double rate = 0;              // messages/s in all; 0: as fast as possible
    uint32_t confirm_window = 0;  // unconfirmed messages of one publisher at most; 0: no confirms

    uint16_t prefetch = 1000;  // 0: no limit
    uint32_t ack_every = 1;
    bool auto_ack = false;

    std::optional<uint64_t> count;  // messages in all
    std::optional<std::chrono::nanoseconds> duration;
    std::chrono::nanoseconds warmup{0};
    std::chrono::nanoseconds drain{
        std::chrono::seconds(60)};  // most that is waited for what is still on its way

    Roles roles = Roles::both;
    std::string ledger_file;  // empty: none
    bool reconnect = false;
    OutputFormat output = OutputFormat::text;

    bool publishes() const { return roles != Roles::consume_only; }
    bool consumes() const { return roles != Roles::publish_only; }
    std::string queue_name(uint32_t queue) const;
    // The queue that a message goes to, with ExchangeMode::direct.
    uint32_t queue_of(uint32_t publisher, uint64_t sequence) const {
        return static_cast<uint32_t>((publisher + sequence) % queues);
    }
};

// `invalid_argument` for settings that contradict one another.
Result<void> validate(const Options& options);

}  // namespace varve::load
