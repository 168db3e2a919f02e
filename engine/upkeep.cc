#include "engine/upkeep.h"

#include "engine/checkpoint.h"

#include <utility>

namespace varve {
namespace {

constexpr std::chrono::milliseconds kDiskInterval{
    500};  // a gigabyte per second fills 500 MB meanwhile
constexpr std::chrono::minutes kRetentionInterval{1};

}  // namespace

Upkeep::Upkeep(UpkeepParts parts)
    : parts_(std::move(parts)),
      next_retention_(parts_.clock.monotonic() + kRetentionInterval),
      thread_([this] { run(); }) {}

Upkeep::~Upkeep() { thread_.join(); }

void Upkeep::run() {
    CheckpointHandoff& handoff = parts_.committer.handoff();
    const bool timed = !parts_.options.manual_upkeep;
    while (!handoff.is_shut()) {
        if (timed) on_time();
        if (auto frozen = handoff.next(timed ? std::optional(kDiskInterval) : std::nullopt)) {
            held_ = std::move(frozen);
        }
        if (held_ && !handoff.is_shut()) write_held();
    }
}

void Upkeep::write_held() {
    const auto written = write_checkpoint(parts_.store, *held_, parts_.options);
    if (written) {
        const Position stored = std::exchange(held_, std::nullopt)->applied;
        parts_.committer.handoff().written(stored);
    } else if (written.error().code == ErrorCode::no_space) {
        parts_.committer.handoff().failed(written.error());
    } else {
        parts_.committer.fail(written.error());
    }
}

void Upkeep::on_time() {
    look_at_disk();
    const auto now = parts_.clock.monotonic();
    if (now < next_retention_) return;
    next_retention_ = now + kRetentionInterval;
    parts_.committer.retire();
}

void Upkeep::look_at_disk() {
    const auto space = parts_.files.space(parts_.directory);
    if (!space) return;  // a disk that cannot be asked says so at the next write
    parts_.disk.set_free(space->free);
    parts_.committer.wake();
}

}  // namespace varve
