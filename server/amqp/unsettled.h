// What is out at a channel's client: delivery tags, and the records behind them.
#pragma once

#include "server/broker/names.h"

#include <cstdint>
#include <vector>

namespace varve::amqp {

// Where a channel's deliveries come from: an index into its table of sources (sources.h).
using SourceIndex = uint32_t;

struct UnsettledRecord {
    uint64_t tag = 0;
    Offset offset;
    SourceIndex source = 0;
    Level level = 0;
    Lane lane = Lane::durable;
    bool is_recalled = false;  // back in its queue: only its credit is still to be given back

    bool is_of(SourceIndex from, const RecordKey& key) const {
        return source == from && !is_recalled && offset == key.offset && level == key.level &&
               lane == key.lane;
    }
};

// Delivery tags rise from 1, and clients settle them mostly in order: a vector with a moving front,
// in which what was settled out of order leaves holes. 24 bytes for each record that is out; holes
// never outnumber records by much, also where one old record stays out for days.
//
// Threading: Shard-bound.
class Unsettled {
public:
    // The next tag, of a delivery that nobody has to settle.
    uint64_t skip() { return next_tag_++; }
    // The next tag, of a delivery that is out from now on.
    uint64_t add(SourceIndex source, const RecordKey& key);

    size_t count() const { return records_.size() - front_ - holes_; }
    bool empty() const { return count() == 0; }

    // Moves the record with this tag to the end of `taken`. False if it is not out.
    bool take(uint64_t tag, std::vector<UnsettledRecord>& taken);
    // The same for all up to and including `tag`, which must be out; with 0 for everything that is
    // out.
    bool take_through(uint64_t tag, std::vector<UnsettledRecord>& taken);
    // Notes that the record went back to its queue by itself. False if it is not out. Looks through
    // all that is out.
    bool recall(SourceIndex source, const RecordKey& key);
    // Puts back what was taken, in any order: its tags are out again.
    void put_back(const std::vector<UnsettledRecord>& taken);

private:
    static constexpr SourceIndex kHole = UINT32_MAX;

    size_t find(uint64_t tag) const;  // records_.size() if it is not out
    void tidy();

    std::vector<UnsettledRecord> records_;  // by tag, from front_
    size_t front_ = 0;
    size_t holes_ = 0;  // behind front_
    uint64_t next_tag_ = 1;
};

}  // namespace varve::amqp
