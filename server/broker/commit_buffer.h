// What one shard changes in one turn: collected, committed as one transaction, and announced when
// it is durable.
#pragma once

#include "engine/engine.h"
#include "server/async/shard.h"
#include "server/async/task.h"
#include "server/broker/mail.h"
#include "server/broker/publisher.h"
#include "server/broker/publishing_ids.h"
#include "server/broker/settle_slot.h"
#include "server/broker/topology.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace varve {

// Turns are numbered from 1 and end in order: confirms, waiting callers and what rides along with a
// turn come after all those of earlier turns.
//
// Transient records go out at the end of the turn, without waiting for the disk (P9), unless this
// shard has durable records for the same queue on their way: then they ride along with their turn's
// commit, so that they neither overtake those nor are overtaken by those that follow.
//
// Threading: Shard-bound, except where the engine's completion enters.
class CommitBuffer {
public:
    // `on_change` is called with everything that a turn collects: the owner then calls the end_*()
    // functions when the turn ends. `on_durable` is called each time a turn became durable.
    struct Hooks {
        std::function<void()> on_change;
        std::function<void()> on_durable;
    };
    CommitBuffer(Shard& shard, Engine& engine, PostOffice& office, OutgoingMail& mail, Hooks hooks);

    // ---- filling the turn
    // `yes`: it took room in the queue's occupancy.
    enum class Admitted : uint8_t { no, yes };
    void publish(
        QueueSlot& queue, Level level, Lane lane, const RecordView& record, Admitted admitted);
    // The publish got its next number; `accepted` says what it is told in the end.
    struct Verdict {
        Lane lane = Lane::transient;  // `durable`: it needs this turn's commit
        bool accepted = true;
    };
    void confirm(const std::shared_ptr<Publisher>& publisher, Verdict verdict);
    // The publisher has got so far at this stream, with the records of this turn: durable with
    // them, and then told to the queue's PublishingIds. Ids rise.
    void note_publishing(const QueueEntryRef& queue, const PublishingId& message);
    // Settles what is durable. The slot belongs to the cursor of the log.
    struct CursorOf {
        const LogRef& log;
        CursorId cursor;
    };
    void settle(CursorOf of, SettleSlot& slot, OffsetRange range, Outcome outcome);
    // For the rare changes.
    Transaction& transaction();
    // Calls back on this shard when this turn, and with it every earlier one, is durable; at once
    // if nothing waits.
    void when_durable(std::function<void(const Result<void>&)> resume);
    Task<Result<void>> durable();
    // Resumes when everything this shard published to the queue has arrived there, or is in a
    // letter of this turn.
    Task<Result<void>> arrived(QueueId id, Topology& topology);

    // ---- ending it, in this order
    void end_transients();
    void end_turn();

    // Nothing waits for a commit, and the turn is empty.
    bool idle() const;

private:
    enum class BatchKind : uint8_t { durable, transient, riding };
    static constexpr size_t kBatchKinds = 3;
    struct PendingBatch {
        QueueEntryRef queue;
        Level level = 0;
        BatchKind kind = BatchKind::durable;
        bool may_expire = false;
        AdmittedRoom admitted;
        int64_t behind = 0;  // riding: so many durable records of its turn and level come first
        RecordBatchBuilder builder;
    };
    // Transient records on their way with a commit.
    struct Riding {
        Arrival arrival;
        std::optional<size_t> appended;  // the turn's durable records of the same queue and level
        int64_t behind = 0;              // of those
    };
    struct PendingSettle {
        LogRef log;
        CursorId cursor;
        std::vector<std::pair<OffsetRange, Outcome>> ranges;
    };
    struct Confirm {
        std::shared_ptr<Publisher> publisher;
        ConfirmRange range;
    };
    struct Publishing {
        QueueEntryRef queue;
        std::string publisher;
        int64_t id = 0;
    };
    // A turn whose end waits.
    struct Turn {
        uint64_t number = 0;
        std::vector<Arrival> appended;  // without their batches until they are committed
        std::vector<Riding> riding;
        std::vector<Confirm> confirms;
        std::vector<Publishing> publishings;
        std::vector<std::function<void(const Result<void>&)>> waiting;
        Haste haste = Haste::now;
        bool committed = false;
        Result<void> outcome;
    };
    using TurnRef = std::shared_ptr<Turn>;  // held by the engine's completion and by in_flight_

    PendingBatch& batch_for(QueueSlot& queue, Level level, BatchKind kind);
    PendingBatch& riding_batch_for(QueueSlot& queue, Level level);
    bool has_content() const;
    void dispatch(Arrival arrival);
    void collect_settles();
    void collect_publishings(Turn& turn);
    void collect_batches(Turn& turn);
    static void collect_riding(PendingBatch& batch, Turn& turn);
    static void collect_letters(Turn& turn, CommitReceipt& receipt, std::vector<Letter>& letters);
    static Haste haste_of(const Turn& turn);
    void commit(const TurnRef& turn);
    void on_committed(const TurnRef& turn,
                      Result<CommitReceipt> receipt);  // on the committer's thread
    void finish_turns();

    Shard& shard_;
    Engine& engine_;
    PostOffice& office_;
    OutgoingMail& mail_;
    Hooks hooks_;

    uint64_t turn_ = 1;       // the one that is being filled
    uint64_t completed_ = 0;  // the newest one that has ended, with all before it
    Transaction transaction_;
    std::vector<PendingBatch> batches_;  // reused: the first batch_count_ are of this turn
    size_t batch_count_ = 0;
    std::vector<PendingSettle> settles_;
    size_t settle_count_ = 0;
    std::vector<Confirm> confirms_;
    std::vector<Publishing> publishings_;
    std::vector<std::function<void(const Result<void>&)>> waiting_;
    std::deque<TurnRef> in_flight_;
};

}  // namespace varve
