#include "engine/replay.h"

namespace varve {

Result<void> Replay::apply(const FrameView& frame) {
    ++frames_;
    ByteReader reader(frame.payload);
    const auto place = [&](const Error& error) {
        return Error{error.code,
                     frame.file.string() + ", byte " + std::to_string(frame.file_offset) +
                         ", position " + std::to_string(frame.begin.value) + ": " + error.detail};
    };
    for (uint32_t i = 0; i < frame.entry_count; ++i) {
        auto entry = decode_entry(reader);
        auto applied = entry ? apply_entry(*entry) : Result<void>(entry.error());
        if (applied) continue;
        if (losses_ == nullptr || applied.error().code != ErrorCode::corrupt)
            return place(applied.error());
        losses_->push_back(place(applied.error()).detail);
        // Without its length nothing behind it can be found.
        if (!entry) return ok();
    }
    if (reader.at_end()) return ok();
    const Error error = place({ErrorCode::corrupt, "bytes behind the last entry"});
    if (losses_ == nullptr) return error;
    losses_->push_back(error.detail);
    return ok();
}

Result<void> Replay::apply_entry(const Entry& entry) {
    const auto* boot = std::get_if<BootEntry>(&entry);
    ends_with_stop_ = boot != nullptr && boot->event == BootEntry::Event::stopped;
    const auto* append = std::get_if<AppendEntry>(&entry);
    if (append == nullptr) {
        state_.apply(entry, nullptr);
        return ok();
    }
    const LogRef log = state_.find(append->log);
    if (!log) return ok();  // deleted later; the store knows already
    VARVE_TRY(BatchRef batch, RecordBatch::decode(std::string(append->batch)));
    const OffsetRange missing{log->range().end, batch->base()};
    if (losses_ && missing.begin < missing.end) {
        losses_->push_back("lost: offsets " + std::to_string(missing.begin.value) + " to " +
                           std::to_string(missing.end.value) + " of log " + append->log.hex());
    }
    return state_.append(
        log, std::move(batch), losses_ ? LogState::Gap::accepted : LogState::Gap::refused);
}

}  // namespace varve
