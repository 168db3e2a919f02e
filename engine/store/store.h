// The store: RocksDB behind one door, without its log. It is brought up to a journal position by
// checkpoints and by nothing else, so that it is at every moment the exact state after some frame.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/io/file_system.h"
#include "engine/options.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace varve {

enum class StoreMode : uint8_t {
    read_write,
    read_only,
    // Opens although files are missing or cut off: only what touches them fails. To tell the
    // damage, where nobody writes.
    read_damaged,
};

// Rows of one kind, by the tables of docs/storage-format.md. Values are encoded by whoever owns the
// kind, but for the first field of two of them, which the store reads too.
struct LogRow {
    LogId log;
    std::string value;  // begins with the log's start offset, i64 little-endian: what ends at or
                        // below it may go
};
struct CursorRow {
    LogId log;
    CursorId cursor;
    std::string value;
};
struct ChunkRow {
    LogId log;
    CursorId cursor;
    int64_t chunk = 0;
    std::string value;
};
struct ReturnRow {  // delivery count of an unsettled record that came back
    LogId log;
    Offset offset;
    std::string value;
};
struct HoleRow {  // nothing is stored of these offsets
    LogId log;
    Offset base;
    std::string value;  // begins with the hole's end offset, i64 little-endian: what lies in it may
                        // go
};
struct SegmentRow {
    LogId log;
    Offset base;
    std::string value;  // begins with the segment's end offset, i64 little-endian
};
struct CatalogueRow {
    uint8_t kind = 0;
    std::string id;
    std::string value;
};

// Everything a checkpoint changes: rows are collected in memory, batches go straight to a file that
// is nobody's until commit(). An empty value deletes the row.
//
// Trimming needs no call: what lies below the start offset of a durable LogRow, or in a durable
// HoleRow, is dropped from then on.
//
// Lifetime: must not outlive the Store. Threading: Caller-serialised.
class StoreCheckpoint {
public:
    ~StoreCheckpoint();
    StoreCheckpoint(StoreCheckpoint&&) noexcept;
    StoreCheckpoint& operator=(StoreCheckpoint&&) noexcept;

    // Batches come in ascending order: log by log (by id), offsets rising, ranges not overlapping.
    // Logs that have a batch have a LogRow, in this checkpoint or an earlier one. `no_space` and
    // `io` as the disk said.
    Result<void> put_batch(LogId log, OffsetRange range, ByteView encoded);
    void put(const LogRow& row);
    void put(const CursorRow& row);
    void put(const ChunkRow& row);
    void put(const ReturnRow& row);
    void put(const HoleRow& row);
    void put(const SegmentRow& row);
    void put(const CatalogueRow& row);
    // Everything of a deleted log. Its id is never used again.
    void erase_log(LogId log);

    // Makes all of it durable in one atomic step, with `applied` as the store's position. On
    // failure nothing is durable and the store keeps its former position; `no_space` may be tried
    // again with a new checkpoint.
    Result<void> commit(Position applied);

private:
    friend class Store;
    struct Impl;
    explicit StoreCheckpoint(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Receives every row but the batches, at open.
struct StoreVisitor {
    std::function<Result<void>(CatalogueRow)> on_catalogue;
    std::function<Result<void>(LogRow)> on_log;
    std::function<Result<void>(ReturnRow)> on_return;
    std::function<Result<void>(HoleRow)> on_hole;
    std::function<Result<void>(SegmentRow)> on_segment;
    std::function<Result<void>(CursorRow)> on_cursor;
    std::function<Result<void>(ChunkRow)> on_chunk;
};

struct StoreStats {
    Bytes bytes_on_disk = 0;
    Bytes bytes_flushed = 0;    // since open
    Bytes bytes_compacted = 0;  // written by compactions, since open
    Bytes memory_used = 0;
    uint64_t files = 0;
};

// Threading: Thread-safe for reads; one checkpoint at a time.
// Failure:   `corrupt` with file and, where known, log and offsets; `newer_format` if a newer
// version wrote it;
//            `io` and `no_space` as the disk said. A background error of RocksDB surfaces at the
//            next call.
class Store {
public:
    // Opens the store in `directory`, creating it if absent (read_write only). read_only never
    // writes, locks or creates anything and is safe while another process has the store open.
    static Result<std::unique_ptr<Store>> open(FileSystem& files,
                                               const Path& directory,
                                               const StoreOptions& options,
                                               StoreMode mode);
    ~Store();

    // The journal position that the store's content corresponds to.
    Position applied() const;
    // Whether it was marked, or checkpointed, before this open: a journal exists then.
    bool in_use() const;
    // From now on a journal without files is a loss, and not a beginning. Once the first one is
    // durable.
    Result<void> mark_in_use();
    // All rows but batches, kind by kind, in the order of StoreVisitor, each kind in key order.
    // Rows of deleted logs and segments below the start of their log are left out.
    Result<void> load(const StoreVisitor& visitor) const;

    // The encoded batch that holds `offset`, or else the first one beyond it and below `end`; none
    // if there is none. Not verified here: RecordBatch::decode() does that, and the caller knows
    // the queue's name.
    Result<std::optional<std::string>> find_batch(LogId log, Offset offset, Offset end) const;
    // Visits every stored batch of a log from the one that holds `from`, in order: verify and dump.
    Result<void> for_each_batch(
        LogId log,
        Offset from,
        const std::function<Result<void>(Offset base, ByteView encoded)>& visit) const;

    // Whether somebody waits for what the checkpoint brings. Then it stays in the page cache; else
    // it is written past that, which costs the processor a third (docs/decisions/0007).
    enum class Reading : uint8_t { soon, unlikely };
    StoreCheckpoint begin_checkpoint(Reading reading = Reading::soon);

    // Reads every block of every file. The first damage found, with file and place; `visit` hears
    // of progress.
    Result<void> verify(
        const std::function<void(const Path& file, Bytes done, Bytes total)>& progress) const;

    StoreStats stats() const;

private:
    friend class StoreCheckpoint;
    struct Impl;
    struct Opening;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace varve
