// Which messages a stream has already: the highest publishing id of each publisher that names
// itself.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/types.h"
#include "server/broker/names.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

// What a message says of its origin, in the headers x-stream-publisher-name and
// x-stream-publishing-id. The name borrows from them.
struct PublishingId {
    std::string_view publisher;
    int64_t id = 0;
};

// None without a name of 1 to 255 bytes and a number of 0 or more. `headers` is a valid encoded
// table.
std::optional<PublishingId> publishing_id_of(ByteView headers);

// Of one stream. Ids of a publisher rise; what is not above the highest one is a repetition. Each
// shard admits by itself, and tells when what it admitted is durable.
//
// Threading: Thread-safe: publishers of one name may be on any shard, one after the other.
class PublishingIds {
public:
    // Publishers that are remembered. One more, and the one that has been quiet for longest is
    // forgotten.
    static constexpr size_t kPublishersMax = 255;

    enum class Admission : uint8_t {
        fresh,    // it is on its way now
        known,    // it is on the disk, or on its way on this shard: not again
        unclear,  // another shard has it, or a later one, on its way
    };
    struct Admitted {
        Admission admission = Admission::fresh;
        std::optional<std::string> forgotten;  // the publisher whose place it took
    };
    Admitted admit(const PublishingId& message, ShardIndex shard);
    // What the shard admitted, up to `id`, is durable; or was not written.
    enum class Fate : uint8_t { durable, lost };
    void settle(const std::string& publisher, int64_t id, ShardIndex shard, Fate fate);

    // As it was found on the disk.
    void load(std::string publisher, int64_t id);
    std::vector<std::string> publishers() const;

private:
    static constexpr int64_t kNone = -1;
    struct OnItsWay {
        ShardIndex shard = 0;
        int64_t id = kNone;  // the highest one
    };
    struct Publisher {
        int64_t durable = kNone;
        std::vector<OnItsWay> on_their_way;
        uint64_t used = 0;
    };
    std::optional<std::string> forget_one() VARVE_REQUIRES(mutex_);

    mutable Mutex mutex_;  // Publishing ids of a stream. Nothing is called under it.
    std::map<std::string, Publisher, std::less<>> publishers_ VARVE_GUARDED_BY(mutex_);
    uint64_t uses_ VARVE_GUARDED_BY(mutex_) = 0;
};

}  // namespace varve
