#include "tests/model/amqp/operation.h"

namespace varve::model {

namespace {

using Kind = OperationKind;

struct Weight {
    Kind kind;
    uint32_t weight;
};
constexpr std::array kWeights{
    Weight{Kind::declare_queue, 14},
    Weight{Kind::check_queue, 2},
    Weight{Kind::delete_queue, 3},
    Weight{Kind::purge, 2},
    Weight{Kind::declare_exchange, 5},
    Weight{Kind::delete_exchange, 1},
    Weight{Kind::bind, 9},
    Weight{Kind::unbind, 2},
    Weight{Kind::publish, 28},
    Weight{Kind::publish_many, 6},
    Weight{Kind::get, 12},
    Weight{Kind::consume, 12},
    Weight{Kind::cancel, 4},
    Weight{Kind::ack, 10},
    Weight{Kind::nack, 9},
    Weight{Kind::reject, 5},
    Weight{Kind::qos, 4},
    Weight{Kind::recover, 2},
    Weight{Kind::confirm_select, 2},
    Weight{Kind::tx_select, 2},
    Weight{Kind::tx_commit, 4},
    Weight{Kind::tx_rollback, 1},
    Weight{Kind::close_channel, 3},
    Weight{Kind::close_connection, 1},
    Weight{Kind::hang_up, 1},
    Weight{Kind::advance, 5},
    Weight{Kind::restart, 1},
};

Kind random_kind(SeededRng& rng) {
    uint32_t sum = 0;
    for (const Weight& weight : kWeights) sum += weight.weight;
    uint64_t at = rng.below(sum);
    for (const Weight& weight : kWeights) {
        if (at < weight.weight) return weight.kind;
        at -= weight.weight;
    }
    return Kind::publish;
}

}  // namespace

std::vector<Operation> random_operations(uint64_t seed, size_t count) {
    SeededRng rng(seed);
    std::vector<Operation> operations;
    for (size_t i = 0; i < count; ++i) {
        Operation operation;
        operation.kind = random_kind(rng);
        operation.at.connection = rng.below(2);
        operation.at.channel = static_cast<uint16_t>(1 + rng.below(2));
        for (uint32_t& choice : operation.choices) choice = static_cast<uint32_t>(rng.next());
        operations.push_back(operation);
    }
    return operations;
}

}  // namespace varve::model
