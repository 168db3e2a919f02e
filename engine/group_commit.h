// One frame in the making: transactions in their final order, with their offsets given.
#pragma once

#include "engine/base/types.h"
#include "engine/engine_state.h"
#include "engine/transaction.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

struct PendingCommit {
    Transaction transaction;
    Completion completion = {};  // may be empty
    Haste haste = Haste::now;
};

// Changes of logs that are gone are left out of the frame: the transactions that deleted them came
// first.
//
// Threading: committer's thread.
class GroupCommit {
public:
    // Adds it behind those that are here, and gives its appends their offsets.
    void add(PendingCommit commit);
    // Adds what retention decided.
    void add_retention(const ExpiredRecords& expired);
    static Transaction boot_mark(BootEntry::Event event);

    // The bytes of the frame. Valid until the next add().
    std::span<const ByteView> pieces();
    uint32_t entry_count() const { return entry_count_; }

    // The frame is durable: its changes become readable.
    void apply(EngineState& state);
    // Tells each transaction what it became, in order.
    void complete(Position durable);
    void fail(const Error& error);
    // Ready for the next frame.
    void clear();

private:
    struct Piece {
        const char* data;  // null: in copied_, from `begin`
        size_t begin;
        size_t size;
    };

    void add_append(Transaction::Append& append);
    void add_entry(const Transaction& transaction, Transaction::Change& change);
    void add_piece(ByteView bytes);

    std::vector<PendingCommit> commits_;
    std::string copied_;
    std::vector<Piece> pieces_;
    std::vector<ByteView> views_;
    uint32_t entry_count_ = 0;
};

}  // namespace varve
