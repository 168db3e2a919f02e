// What a transaction rejects and what thereby becomes a dead letter: read before the transaction
// commits, so that it can commit in one turn of one shard.
#pragma once

#include "engine/record_batch.h"
#include "server/broker/names.h"

#include <set>
#include <vector>

namespace varve {

// Copies, for a record alone must not keep the batch that it was found in.
struct RejectedRecords {
    // Of one queue, level and lane; one offset for each record.
    struct Run {
        QueueAddress queue;
        Level level = 0;
        Lane lane = Lane::durable;
        std::vector<Offset> offsets;
        BatchRef records;
    };
    std::vector<Run> runs;
    std::set<QueueId> queues;  // whose rejections are all here
    Bytes size = 0;
};

}  // namespace varve
