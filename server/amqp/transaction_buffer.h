// What a channel in transaction mode collects until tx.commit.
#pragma once

#include "server/amqp/publish_assembler.h"
#include "server/amqp/unsettled.h"
#include "server/broker/broker_shard.h"

#include <string>
#include <vector>

namespace varve::amqp {

struct BufferedPublish {
    std::string exchange;
    std::string routing_key;
    std::string properties;
    std::string body;
    bool mandatory = false;
};

struct BufferedSettlement {
    UnsettledRecord record;
    SettleAction action = SettleAction::ack;
};

struct TransactionBuffer {
    std::vector<BufferedPublish> publishes;
    std::vector<BufferedSettlement>
        settlements;  // taken out of the channel's unsettled; rollback puts them back
    Bytes size = 0;   // of all publishes
};

// A transaction is in memory until it commits, and then in one journal frame.
constexpr Bytes kTransactionSizeMax = 128_MiB;

}  // namespace varve::amqp
