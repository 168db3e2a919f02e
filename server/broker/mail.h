// What crosses from one shard of the broker to another: values, collected over a turn, one post per
// shard.
#pragma once

#include "server/async/shard.h"
#include "server/broker/broker_shard.h"
#include "server/broker/consumer_port.h"
#include "server/broker/queue_entry.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace varve {

// A batch for a queue: just committed, or transient.
struct Arrival {
    QueueEntryRef queue;
    Level level = 0;
    Lane lane = Lane::durable;
    bool may_expire = false;  // a record of it has a time limit of its own
    AdmittedRoom admitted;
    BatchRef batch;
    // Of transient ones: where the durable records that come before them end; none: where the level
    // ends when they arrive.
    std::optional<Offset> behind = std::nullopt;
};

// Deliveries for one consumer. `bytes` is what they count for in the port's outbox while they
// cross.
struct PortDelivery {
    std::shared_ptr<ConsumerPort> port;
    QueueAddress queue;
    AckMode ack_mode = AckMode::manual;
    int64_t bytes = 0;
    std::vector<Delivery> deliveries;
};

struct Recall {
    std::shared_ptr<ConsumerPort> port;
    RecordKey key;
};

struct Cancellation {
    std::shared_ptr<ConsumerPort> port;
    CancelReason reason = CancelReason::queue_deleted;
};

// In the order in which they are opened.
struct Letter {
    std::vector<Arrival> arrivals;
    std::vector<Settlement> settlements;
    std::vector<Settlement>
        logged_settlements;  // in the journal already, by a transaction of the sender
    std::vector<QueueAddress> pokes;
    std::vector<PortDelivery> deliveries;
    std::vector<Recall> recalls;
    std::vector<Cancellation> cancellations;

    bool empty() const {
        return arrivals.empty() && settlements.empty() && logged_settlements.empty() &&
               pokes.empty() && deliveries.empty() && recalls.empty() && cancellations.empty();
    }
};

// Where each shard's letters go. Thread-safe once all boxes are set.
class PostOffice {
public:
    using Receiver = std::function<void(Letter)>;
    explicit PostOffice(ShardSet& shards) : shards_(shards), receivers_(shards.count()) {}

    void set_receiver(ShardIndex index, Receiver receiver) {
        receivers_[index] = std::move(receiver);
    }
    uint32_t shard_count() const { return static_cast<uint32_t>(receivers_.size()); }
    Shard& shard(ShardIndex index) { return shards_.at(index); }
    void send(ShardIndex to, Letter letter) {
        shards_.at(to).post([&receiver = receivers_[to], letter = std::move(letter)]() mutable {
            receiver(std::move(letter));
        });
    }
    // On the receiving shard.
    void hand_over(ShardIndex to, Letter letter) { receivers_[to](std::move(letter)); }

private:
    ShardSet& shards_;
    std::vector<Receiver> receivers_;
};

// One shard's outgoing letters. Shard-bound.
class OutgoingMail {
public:
    // `on_change` is called with everything that is put in: the owner then calls flush() when the
    // turn ends.
    OutgoingMail(PostOffice& office, std::function<void()> on_change)
        : office_(office), on_change_(std::move(on_change)), letters_(office.shard_count()) {}

    Letter& to(ShardIndex index) {
        on_change_();
        return letters_[index];
    }
    // Posts what was collected. What is posted after this on the same shard arrives after it.
    void flush() {
        for (ShardIndex index = 0; index < letters_.size(); ++index) {
            if (!letters_[index].empty()) office_.send(index, std::exchange(letters_[index], {}));
        }
    }

private:
    PostOffice& office_;
    std::function<void()> on_change_;
    std::vector<Letter> letters_;
};

}  // namespace varve
