// How long a queue may get, and how full it is.
#pragma once

#include "engine/base/types.h"

#include <atomic>
#include <cstdint>
#include <optional>

namespace varve {

// What happens to what is too much.
enum class Overflow : uint8_t {
    drop_head,           // the oldest goes
    reject_publish,      // the newest is not taken
    reject_publish_dlx,  // the same, and it becomes a dead letter
};

// Of what is ready; bytes of bodies alone.
struct LengthLimit {
    std::optional<uint64_t> messages;
    std::optional<Bytes> bytes;
    Overflow overflow = Overflow::drop_head;
    bool operator==(const LengthLimit&) const = default;

    bool is_set() const { return messages || bytes; }
    bool refuses() const { return overflow != Overflow::drop_head && is_set(); }
    bool drops() const { return overflow == Overflow::drop_head && is_set(); }
    bool is_exceeded_by(uint64_t count, Bytes size) const {
        return (messages && count > *messages) || (bytes && size > *bytes);
    }
};

// What is ready in a queue, and what was admitted and is on its way to it: what a publisher
// compares with a limit. Exact for everything that was admitted; while nobody has to be refused
// publishers do not count what they send.
//
// Threading: Thread-safe.
class Occupancy {
public:
    // Takes the room for one message, or answers false.
    bool admit(const LengthLimit& limit, Bytes body) {
        if (!add_within(messages_, 1, limit.messages)) return false;
        if (add_within(bytes_, static_cast<int64_t>(body), limit.bytes)) return true;
        messages_.fetch_sub(1);
        return false;
    }
    // The queue's own changes.
    void adjust(int64_t messages, int64_t bytes) {
        if (messages != 0) messages_.fetch_add(messages);
        if (bytes != 0) bytes_.fetch_add(bytes);
    }

private:
    static bool add_within(std::atomic<int64_t>& counter,
                           int64_t more,
                           std::optional<uint64_t> limit) {
        int64_t now = counter.load();
        do {
            if (limit && now + more > 0 && static_cast<uint64_t>(now + more) > *limit) return false;
        } while (!counter.compare_exchange_weak(now, now + more));
        return true;
    }

    std::atomic<int64_t> messages_{0};
    std::atomic<int64_t> bytes_{0};
};

// Room that was taken in a queue's Occupancy by records on their way.
struct AdmittedRoom {
    int64_t messages = 0;
    int64_t bytes = 0;
};

}  // namespace varve
