// Transactions that the committer has not looked at yet, and how long it may leave them.
#pragma once

#include "engine/base/types.h"
#include "engine/group_commit.h"
#include "engine/io/clock.h"

#include <chrono>
#include <deque>
#include <optional>
#include <vector>

namespace varve {

// Caller-serialised.
class Arrivals {
public:
    // How long what nobody waits for may wait for company. A frame and a sync of its own cost the
    // disk as much as those of a thousand messages; after a crash, messages acknowledged in these
    // milliseconds come back as redelivered, as they may anyway.
    static constexpr std::chrono::milliseconds kPatience{5};
    // As much as this is worth a frame of its own.
    static constexpr Bytes kCompany = 256_KiB;

    explicit Arrivals(const Clock& clock) : clock_(clock) {}

    // True if the committer should look up: how long it may sleep has changed.
    bool add(PendingCommit commit);
    bool empty() const { return commits_.empty(); }
    // How long it may sleep over those that are here; nothing when there are none.
    std::optional<std::chrono::nanoseconds> patience() const;
    // Moves all of them to the end of `queue`.
    void move_to(std::deque<PendingCommit>& queue);

private:
    const Clock& clock_;
    std::vector<PendingCommit> commits_;
    Bytes size_ = 0;
    bool awaited_ = false;            // one of them by somebody
    std::chrono::nanoseconds due_{};  // when nobody waits
};

}  // namespace varve
