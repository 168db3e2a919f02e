// A durable queue of tasks: each run adds three, and finishes the second first (docs/embedding.md).
#include <cstdio>
#include <engine/engine.h>

using namespace varve;

// A log has an id; its name is a definition of ours, made durable together with it.
Result<LogRef> open_queue(Engine& engine, const std::string& name) {
    const CatalogueKey key{.kind = 1, .id = name};
    LogRef known;
    engine.for_each_definition([&](const CatalogueKey& each, ByteView id) {
        if (each == key) known = engine.find_log({Id128::from_view(id)});
    });
    if (known) return known;
    const LogRef queue = engine.make_log({.bytes = 1_MiB});
    Transaction creation;
    creation.create_log(queue);
    creation.put(key, std::string(queue->id().view()));
    VARVE_TRY(engine.commit_and_wait(std::move(creation)));
    return queue;
}

Result<void> print(const Log& queue, OffsetRange range) {
    for (Offset at = range.begin; at < range.end; at = at + 1) {
        VARVE_TRY(const BatchRef batch, queue.read(at));  // from memory or from the disk
        std::printf(" %d=%s", int(at.value), std::string(batch->at(at).body).c_str());
    }
    return ok();
}

Result<void> run(const Path& directory) {
    VARVE_TRY(const auto engine, Engine::open({}, directory, {}));
    VARVE_TRY(const LogRef queue, open_queue(*engine, "tasks"));
    RecordBatchBuilder tasks;
    const TimePoint now = system_clock().now();
    for (const char* body : {"sow", "water", "reap"}) tasks.add({.appended = now, .body = body});
    Transaction publish;
    publish.append(queue, tasks.seal());
    VARVE_TRY(const CommitReceipt receipt, engine->commit_and_wait(std::move(publish)));
    const Offset first = receipt.appends[0].batch->base();  // durable, whatever happens from here
    Transaction done;
    done.settle(queue, kQueueCursor, {first + 1, first + 2}, Outcome::acked);
    VARVE_TRY(engine->commit_and_wait(std::move(done)));
    std::printf("waiting:");
    queue->cursor(kQueueCursor)->settled.for_each_unsettled(queue->range(), [&](OffsetRange run) {
        must(print(*queue, run));
    });
    std::printf("\nall since this run began:");
    VARVE_TRY(const Offset since, queue->find(now));
    VARVE_TRY(print(*queue, {since, queue->range().end}));
    std::printf("\n");
    return engine->close();
}

int main(int argc, char** argv) {
    const Result<void> result = run(argc > 1 ? argv[1] : "tasks");
    if (!result) std::fprintf(stderr, "%s\n", result.error().detail.c_str());
    return result ? 0 : 1;
}
