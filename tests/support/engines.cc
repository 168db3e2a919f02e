#include "tests/support/engines.h"

namespace varve {

EngineOptions small_engine() {
    EngineOptions options;
    options.journal = {.file_size = 64_KiB, .spare_files_max = 1, .frame_size_max = 16_KiB};
    options.store.block_cache_size = 1_MiB;
    options.store.stored_batch_size = 1_KiB;
    options.store.max_open_files = 50;
    options.checkpoint_size = 32_KiB;
    options.segment_size = 4_KiB;
    options.hole_size_min = 2_KiB;
    options.disk_free_limit = 0;
    options.manual_upkeep = true;
    return options;
}

Result<std::unique_ptr<Engine>> EngineHome::open() {
    return Engine::open({.files = disk, .clock = clock, .rng = rng}, kDirectory, options);
}

std::shared_ptr<RecordBatch> batch_of(const Bodies& bodies, TimePoint appended) {
    RecordBatchBuilder builder;
    for (const std::string& body : bodies) {
        builder.add({.appended = appended,
                     .expires = std::nullopt,
                     .exchange = "exchange",
                     .routing_key = "key",
                     .properties = {},
                     .body = body});
    }
    return builder.seal();
}

Result<CommitReceipt> commit(Engine& engine, const std::function<void(Transaction&)>& fill) {
    Transaction transaction;
    fill(transaction);
    return engine.commit_and_wait(std::move(transaction));
}

Result<LogRef> create_log(Engine& engine, RetentionPolicy retention) {
    LogRef log = engine.make_log(retention);
    VARVE_TRY(commit(engine, [&](Transaction& t) { t.create_log(log); }));
    return log;
}

Result<OffsetRange> append(Engine& engine, const LogRef& log, const Bodies& bodies) {
    VARVE_TRY(const auto receipt,
              commit(engine, [&](Transaction& t) { t.append(log, batch_of(bodies)); }));
    const BatchRef& batch = receipt.appends.at(0).batch;
    return batch ? batch->range() : OffsetRange{};
}

Result<void> settle(Engine& engine, const LogRef& log, OffsetRange range, Outcome outcome) {
    VARVE_TRY(commit(engine, [&](Transaction& t) { t.settle(log, kQueueCursor, range, outcome); }));
    return ok();
}

Result<void> purge(Engine& engine, const LogRef& log, OffsetRange range) {
    VARVE_TRY(commit(engine, [&](Transaction& t) { t.purge(log, range); }));
    return ok();
}

Result<void> delete_log(Engine& engine, const LogRef& log) {
    VARVE_TRY(commit(engine, [&](Transaction& t) { t.delete_log(log); }));
    return ok();
}

Result<std::map<Offset, std::string>> read_all(const Log& log) {
    std::map<Offset, std::string> records;
    const OffsetRange range = log.range();
    for (Offset offset = range.begin; offset < range.end;) {
        VARVE_TRY(const BatchRef batch, log.read(offset));
        if (!batch) break;
        for (RecordCursor at(batch, std::max(offset, batch->base())); !at.at_end(); at.next()) {
            records.emplace(at.offset(), at.record().body);
        }
        offset = batch->end();
    }
    return records;
}

std::vector<int64_t> unsettled(const Log& log, CursorId cursor) {
    std::vector<int64_t> offsets;
    const auto snapshot = log.cursor(cursor);
    if (!snapshot) return offsets;
    snapshot->settled.for_each_unsettled(log.range(), [&](OffsetRange run) {
        for (Offset at = run.begin; at < run.end; at = at + 1) offsets.push_back(at.value);
    });
    return offsets;
}

}  // namespace varve
