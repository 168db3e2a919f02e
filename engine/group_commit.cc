#include "engine/group_commit.h"

#include "engine/base/check.h"
#include "engine/entry.h"

namespace varve {
namespace {

// Smaller pieces are copied into one: a vector element costs the kernel and the checksum more than
// the copy does.
constexpr size_t kCopiedPieceMax = 4096;
// Room kept for the next frame: that of a full frame of small changes.
constexpr size_t kCopiedKept = 16_MiB;

Entry own_entry(ByteView encoded) {
    ByteReader reader(encoded);
    return must(decode_entry(reader));
}

}  // namespace

void GroupCommit::add(PendingCommit commit) {
    commits_.push_back(std::move(commit));
    Transaction& transaction = commits_.back().transaction;
    for (Transaction::Change& change : transaction.changes_) {
        if (change.append >= 0) {
            add_append(transaction.appends_[static_cast<size_t>(change.append)]);
        } else {
            add_entry(transaction, change);
        }
    }
}

void GroupCommit::add_retention(const ExpiredRecords& expired) {
    PendingCommit commit;
    Transaction& transaction = commit.transaction;
    const LogId log = expired.log->id();
    if (expired.start) {
        encode_entry(transaction.entries_, TrimEntry{log, *expired.start});
        transaction.add_change(expired.log);
    }
    for (const OffsetRange& hole : expired.holes) {
        encode_entry(transaction.entries_, HoleEntry{log, hole});
        transaction.add_change(expired.log);
    }
    add(std::move(commit));
}

Transaction GroupCommit::boot_mark(BootEntry::Event event) {
    Transaction mark;
    encode_entry(mark.entries_, BootEntry{event});
    mark.add_change(nullptr);
    return mark;
}

void GroupCommit::add_append(Transaction::Append& append) {
    LogState::Sequence& sequence = LogState::of(*append.log).sequence();
    if (sequence.life != LogState::Life::live) {
        append.batch.reset();
        return;
    }
    append.batch->assign_place(sequence.next, sequence.bodies);
    sequence.next = append.batch->end();
    sequence.bodies = append.batch->bodies_end();
    char prefix[kAppendPrefixSize];
    encode_append_prefix(prefix, append.log->id(), append.batch->size());
    add_piece({prefix, sizeof prefix});
    add_piece(append.batch->encoded());
    ++entry_count_;
}

void GroupCommit::add_entry(const Transaction& transaction, Transaction::Change& change) {
    const ByteView encoded =
        ByteView(transaction.entries_).substr(change.begin, change.end - change.begin);
    if (change.log) {
        LogState::Life& life = LogState::of(*change.log).sequence().life;
        const auto type = static_cast<EntryType>(encoded.front());
        if (type == EntryType::log_create && life == LogState::Life::unborn)
            life = LogState::Life::live;
        if (life != LogState::Life::live) {
            change.end = change.begin;
            return;
        }
        if (type == EntryType::log_delete) life = LogState::Life::dead;
    }
    add_piece(encoded);
    ++entry_count_;
}

void GroupCommit::add_piece(ByteView bytes) {
    if (bytes.size() > kCopiedPieceMax) {
        pieces_.push_back({bytes.data(), 0, bytes.size()});
        return;
    }
    if (pieces_.empty() || pieces_.back().data != nullptr)
        pieces_.push_back({nullptr, copied_.size(), 0});
    pieces_.back().size += bytes.size();
    copied_.append(bytes);
}

std::span<const ByteView> GroupCommit::pieces() {
    views_.clear();
    for (const Piece& piece : pieces_) {
        views_.emplace_back(piece.data == nullptr ? copied_.data() + piece.begin : piece.data,
                            piece.size);
    }
    return views_;
}

void GroupCommit::apply(EngineState& state) {
    for (PendingCommit& commit : commits_) {
        const Transaction& transaction = commit.transaction;
        for (const Transaction::Change& change : transaction.changes_) {
            if (change.append >= 0) {
                const Transaction::Append& append =
                    transaction.appends_[static_cast<size_t>(change.append)];
                if (append.batch)
                    must(state.append(append.log, append.batch, LogState::Gap::refused));
            } else if (change.begin < change.end) {
                const ByteView encoded = transaction.entries_;
                state.apply(own_entry(encoded.substr(change.begin, change.end - change.begin)),
                            change.log);
            }
        }
    }
}

void GroupCommit::complete(Position durable) {
    for (PendingCommit& commit : commits_) {
        if (!commit.completion) continue;
        CommitReceipt receipt{.durable = durable};
        receipt.appends.reserve(commit.transaction.appends_.size());
        for (Transaction::Append& append : commit.transaction.appends_) {
            receipt.appends.push_back({std::move(append.log), std::move(append.batch)});
        }
        commit.completion(std::move(receipt));
    }
}

void GroupCommit::fail(const Error& error) {
    for (PendingCommit& commit : commits_) {
        if (commit.completion) commit.completion(error);
    }
}

void GroupCommit::clear() {
    commits_.clear();
    pieces_.clear();
    entry_count_ = 0;
    copied_.clear();
    if (copied_.capacity() > kCopiedKept) copied_.shrink_to_fit();
}

}  // namespace varve
