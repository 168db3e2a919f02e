// One step of a random sequence: numbers, which mean something once it is their turn.
#pragma once

#include "tests/model/amqp/model_queue.h"
#include "tests/support/seeded_rng.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace varve::model {

enum class OperationKind : uint8_t {
    declare_queue,
    check_queue,
    delete_queue,
    purge,
    declare_exchange,
    delete_exchange,
    bind,
    unbind,
    publish,
    publish_many,
    get,
    consume,
    cancel,
    ack,
    nack,
    reject,
    qos,
    recover,
    confirm_select,
    tx_select,
    tx_commit,
    tx_rollback,
    close_channel,
    close_connection,
    hang_up,
    advance,
    restart,
};

// A sequence stays one if any of its operations is left out.
struct Operation {
    OperationKind kind = OperationKind::publish;
    ChannelAddress at;
    std::array<uint32_t, 8> choices{};

    uint32_t choice(size_t index, uint32_t bound) const { return choices[index] % bound; }
    bool one_in(size_t index, uint32_t bound) const { return choice(index, bound) == 0; }
};

// What a choice names, whether it is there or not: of few, so that operations meet.
inline std::string queue_name(uint32_t choice) { return "q" + std::to_string(choice % 4); }
inline std::string exchange_name(uint32_t choice) { return "x" + std::to_string(choice % 3); }

std::vector<Operation> random_operations(uint64_t seed, size_t count);

}  // namespace varve::model
