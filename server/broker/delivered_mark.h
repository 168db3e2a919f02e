// How far a log's records may have been delivered, as the disk knows it (docs/durability.md, P2).
#pragma once

#include "engine/base/types.h"

#include <algorithm>
#include <optional>

namespace varve {

// A record goes out only after a mark beyond it is durable. The mark is kept ahead of delivery, and
// written again before half of the way is used up, so that steady delivery does not wait. Pure.
class DeliveredMark {
public:
    explicit DeliveredMark(Offset durable = {}) : durable_(durable), requested_(durable) {}

    bool covers(Offset offset) const { return offset < durable_; }

    // The mark to write now, if any: `next` is the next offset to be delivered. Note it with
    // request().
    std::optional<Offset> wanted(Offset next) const {
        if (next + window_ / 2 < requested_) return std::nullopt;
        return next + window_;
    }
    // A write of `below` begins; answers what to pass to written() when it is durable.
    uint64_t request(Offset below) {
        requested_ = below;
        return life_;
    }
    void written(uint64_t life, Offset below) {
        if (life == life_) durable_ = std::max(durable_, below);
    }
    // Delivery had to wait: stay further ahead.
    void waited() { window_ = std::min(window_ * 2, kWindowMax); }
    // Nobody consumes any more: from now on only what is below `exact` counts as delivered. Write
    // that.
    void lower(Offset exact) {
        ++life_;
        durable_ = std::min(durable_, exact);
        requested_ = exact;
        window_ = kWindowMin;
    }
    Offset requested() const { return requested_; }

private:
    static constexpr int64_t kWindowMin = 4096;
    static constexpr int64_t kWindowMax = 65536;  // at 500,000 records/s: 130 ms of delivery

    Offset durable_;
    Offset requested_;
    int64_t window_ = kWindowMin;
    uint64_t life_ = 0;  // writes from before lower() do not count any more
};

}  // namespace varve
