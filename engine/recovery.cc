#include "engine/recovery.h"

#include "engine/replay.h"
#include "engine/store_load.h"

#include <algorithm>

namespace varve {

Result<Recovered> recover(const EngineEnvironment& environment,
                          const Path& directory,
                          const EngineOptions& options) {
    const auto began = environment.clock.monotonic();
    RecoveryReport report;
    std::vector<std::string>* const losses = options.accept_loss ? &report.losses : nullptr;

    VARVE_TRY(auto data, DataDirectory::open(environment.files, directory));
    VARVE_TRY(auto store,
              Store::open(environment.files, data.store(), options.store, StoreMode::read_write));
    const auto reader = std::make_shared<StoreReader>(*store);
    auto state = std::make_unique<EngineState>(reader);
    VARVE_TRY(load_state(*store, reader, *state, losses));

    if (store->in_use()) {
        const auto found = check_journal_exists(environment.files, data.journal());
        if (!found && losses == nullptr) return found.error();
        if (!found) losses->push_back(found.error().detail);
    }
    Replay replay(*state, losses);
    VARVE_TRY(auto opened,
              Journal::open(
                  environment.files,
                  environment.clock,
                  environment.rng,
                  data.journal(),
                  options.journal,
                  store->applied(),
                  [&](const FrameView& frame) { return replay.apply(frame); },
                  losses ? OnDamage::skip : OnDamage::refuse));
    const TailReport& tail = opened.tail;
    if (!store->in_use()) VARVE_TRY(store->mark_in_use());
    report.losses.insert(report.losses.end(), tail.losses.begin(), tail.losses.end());
    report.clean_stop = replay.ends_with_stop() || (replay.frames() == 0 && tail.bytes_cut == 0);
    report.logs = state->logs().size();
    report.journal_read = tail.bytes;
    report.frames_replayed = replay.frames();
    report.bytes_cut = tail.bytes_cut;
    report.cut_file = tail.file;
    report.cut_offset = tail.file_offset;
    report.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        environment.clock.monotonic() - began);

    const Position stored = store->applied();
    const CommitterStart start{
        .applied = std::max(tail.end, stored), .stored = stored, .journal_unstored = tail.bytes};
    return Recovered{std::move(data),
                     std::move(store),
                     reader,
                     std::move(state),
                     std::move(opened.journal),
                     start,
                     std::move(report)};
}

}  // namespace varve
