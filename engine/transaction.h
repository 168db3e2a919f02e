// A set of changes that become durable together: after a crash all of them are there, or none.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/log.h"
#include "engine/options.h"
#include "engine/record_batch.h"

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// A durable definition of the layer above: the engine keeps it and never looks into it.
struct CatalogueKey {
    uint8_t kind = 0;
    std::string id;
    auto operator<=>(const CatalogueKey&) const = default;
};

// A cursor floor beyond every offset.
constexpr Offset kNever{std::numeric_limits<int64_t>::max()};

// A transaction is one frame of the journal, whatever else is in it; more is `invalid_argument`.
constexpr Bytes kTransactionSizeMax = 768_MiB;

// Where an append of a transaction ended up.
struct AppendPlacement {
    LogRef log;
    BatchRef batch;  // with its offsets; null if the log had been deleted by an earlier transaction
};

// What a transaction became. Valid during the completion.
struct CommitReceipt {
    Position durable;                      // the journal is durable at least up to here
    std::vector<AppendPlacement> appends;  // in the order in which they were added
};

// Called once, on the committer's thread, after the transaction is durable and readable, or with
// the reason why it will not be. Must not block and must not throw. Errors: `closed`, `io`,
// `corrupt` (a damaged store stops everything), `invalid_argument` (too large). A full disk is not
// an error: it waits. A refusal (`closed`, `invalid_argument`) may come from inside
// Engine::commit().
using Completion = std::function<void(Result<CommitReceipt>)>;

// How long a transaction may wait for others to share a frame and its sync with.
enum class Haste : uint8_t {
    now,   // somebody waits: it goes with the very next frame
    soon,  // nobody does, as for acknowledgements: within a few milliseconds, or with the next
           // that has no time
};

// Threading: Caller-serialised while it is filled; then handed to Engine::commit().
// Encoding happens here, on the caller's thread, so that the committer only orders, writes and
// syncs.
class Transaction {
public:
    Transaction() = default;
    Transaction(Transaction&&) noexcept = default;
    Transaction& operator=(Transaction&&) noexcept = default;

    // Adds the batch to the end of the log. Offsets are given in the order of commits.
    void append(LogRef log, std::shared_ptr<RecordBatch> batch);
    // Settles offsets of a cursor. Only what is durable already may be settled.
    void settle(LogRef log, CursorId cursor, OffsetRange range, Outcome outcome);
    // Everything below `below` may have been delivered: what is unsettled comes back as redelivered
    // after a crash. Replaces the mark from before, also by a lower one: who runs ahead of what it
    // delivers takes back what it did not deliver in the end.
    void mark_delivered(LogRef log, CursorId cursor, Offset below);
    // The record came back unsettled after `count` deliveries in all.
    void mark_returned(LogRef log, Offset offset, uint32_t count);
    // Settles what is unsettled of `range` for every cursor and erases it together with everything
    // before it: nothing of it is readable afterwards. Unsettled records before `range` stay; they
    // and the range go once they are settled.
    void purge(LogRef log, OffsetRange range);

    // Makes a log that Engine::make_log() prepared durable. It may be appended to in the same
    // transaction.
    void create_log(LogRef log);
    void set_retention(LogRef log, RetentionPolicy policy);
    void delete_log(LogRef log);
    // Everything below `floor` counts as settled. A cursor that exists has its floor raised
    // instead; with kNever as the floor of the queue's own cursor nothing waits for it, and the log
    // is a stream that retention alone trims.
    void create_cursor(LogRef log, CursorId cursor, Offset floor);
    void delete_cursor(LogRef log, CursorId cursor);

    // Puts or erases a durable definition.
    void put(CatalogueKey key, std::string value);
    void erase(CatalogueKey key);

    bool empty() const { return changes_.empty(); }
    // Bytes it takes in the journal.
    Bytes size() const;

private:
    friend class GroupCommit;  // the committer's frame in the making

    // One change, in the order in which it was added.
    struct Change {
        LogRef log;        // null for definitions, and for an append, which has it in appends_
        size_t begin = 0;  // its entry (engine/entry.h) in entries_; empty for an append
        size_t end = 0;
        int32_t append = -1;  // index into appends_, or -1
    };
    struct Append {
        LogRef log;
        std::shared_ptr<RecordBatch> batch;
    };
    // Settling in order is the rule: the next range then extends the entry instead of starting
    // another one.
    struct LastSettle {
        const Log* log = nullptr;
        CursorId cursor;
        Outcome outcome = Outcome::acked;
        OffsetRange range;
    };

    void add_change(LogRef log);

    std::string entries_;
    std::vector<Change> changes_;
    std::vector<Append> appends_;
    LastSettle last_settle_;  // describes changes_.back() unless its log is null
    Bytes batch_size_ = 0;
};

}  // namespace varve
