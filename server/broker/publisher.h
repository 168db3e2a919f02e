// A channel that publishes: its confirms in order, however its messages became durable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace varve {

// Publishes `begin` up to, not including, `end`, numbered from 1 per publisher, have come to their
// end.
struct ConfirmRange {
    uint64_t begin = 0;
    uint64_t end = 0;
    bool accepted = true;
};

// Threading: Shard-bound to the channel's shard. Shared by the channel and the turns in flight,
// which end independently: hence shared_ptr. close() when the channel goes: confirms that come
// later are dropped.
class Publisher {
public:
    using Handler = std::function<void(const ConfirmRange&)>;
    explicit Publisher(Handler on_confirm) : on_confirm_(std::move(on_confirm)) {}

    uint64_t take_number() { return next_++; }
    uint64_t next() const { return next_; }
    void confirm(const ConfirmRange& range) {
        if (on_confirm_) on_confirm_(range);
    }
    void close() { on_confirm_ = nullptr; }

private:
    friend class CommitBuffer;
    Handler on_confirm_;
    uint64_t next_ = 1;
    uint64_t last_durable_turn_ = 0;  // confirms of later turns wait for this one
};

}  // namespace varve
