#include "server/broker/backlog_weight.h"

#include "engine/body_bytes.h"

#include <algorithm>

namespace varve {

namespace {

// Record by record, for a run that has lost something.
void weigh_what_is_left(const BacklogPart& part, OffsetRange run, BacklogWeight& weight) {
    weight.complete = false;
    for (Offset from = run.begin; from < run.end;) {
        const auto batch = part.log->read(from);
        if (!batch || *batch == nullptr) return;
        for (RecordCursor at(*batch, std::max(from, (*batch)->base())); !at.at_end(); at.next()) {
            if (at.offset() >= run.end) return;
            weight.ready += static_cast<int64_t>(at.record().body.size());
        }
        from = (*batch)->end();
    }
}

}  // namespace

BacklogWeight weigh(const std::vector<BacklogPart>& backlog) {
    BacklogWeight weight;
    for (const BacklogPart& part : backlog) {
        BodyBytes bytes(*part.log);
        for (const OffsetRange run : part.ready) {
            if (const auto sum = bytes.in(run)) {
                weight.ready += static_cast<int64_t>(*sum);
            } else {
                weigh_what_is_left(part, run, weight);
            }
        }
        for (const OffsetRange run : part.out) {
            for (Offset offset = run.begin; offset < run.end; offset = offset + 1) {
                const auto size = bytes.in({offset, offset + 1});
                weight.complete = weight.complete && size.has_value();
                if (size)
                    weight.out.emplace_back(RecordKey{part.level, Lane::durable, offset},
                                            static_cast<uint32_t>(*size));
            }
        }
    }
    return weight;
}

}  // namespace varve
