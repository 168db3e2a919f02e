#include "engine/store_load.h"

#include "engine/log_rows.h"
#include "engine/segment.h"

namespace varve {
namespace {

class StoreLoad {
public:
    StoreLoad(const std::shared_ptr<StoreReader>& reader,
              EngineState& state,
              std::vector<std::string>* losses)
        : reader_(reader), state_(state), losses_(losses) {}

    Result<void> log(const LogRow& row) {
        auto facts = decode_log_row(row.value);
        if (!facts) return lost(row.log, "row", facts.error());
        state_.load_log(LogState::load(row.log, *facts, reader_));
        return ok();
    }
    Result<void> cursor(const CursorRow& row) {
        return into_log(row.log,
                        "cursor " + std::to_string(row.cursor.value),
                        [&](LogState& log) -> Result<void> {
                            VARVE_TRY(const CursorFacts facts, decode_cursor_row(row.value));
                            return log.load_cursor(row.cursor, facts);
                        });
    }
    Result<void> chunk(const ChunkRow& row) {
        return into_log(
            row.log,
            "settled offsets of cursor " + std::to_string(row.cursor.value),
            [&](LogState& log) { return log.load_chunk(row.cursor, row.chunk, row.value); });
    }
    Result<void> returned(const ReturnRow& row) {
        return into_log(row.log, "delivery count", [&](LogState& log) -> Result<void> {
            VARVE_TRY(const uint32_t count, decode_return_row(row.value));
            log.load_return(row.offset, count);
            return ok();
        });
    }
    Result<void> segment(const SegmentRow& row) {
        return into_log(row.log,
                        "segment " + std::to_string(row.base.value),
                        [&](LogState& log) -> Result<void> {
                            VARVE_TRY(const SegmentInfo segment,
                                      decode_segment_row(row.base, row.value));
                            log.load_segment(segment);
                            return ok();
                        });
    }
    Result<void> hole(const HoleRow& row) {
        return into_log(
            row.log, "hole " + std::to_string(row.base.value), [&](LogState& log) -> Result<void> {
                VARVE_TRY(const Offset end, decode_hole_row(row.base, row.value));
                log.load_hole({row.base, end});
                return ok();
            });
    }
    Result<void> definition(CatalogueRow row) {
        auto value = decode_definition_row(row.value);
        if (value) {
            state_.load_definition({row.kind, std::move(row.id)}, std::move(*value));
            return ok();
        }
        return lost("definition " + row.id + " of kind " + std::to_string(row.kind), value.error());
    }

private:
    template <typename Load>
    Result<void> into_log(LogId id, std::string_view what, const Load& load) {
        const LogRef log = state_.find(id);
        if (!log) return lost(id, what, {ErrorCode::corrupt, "there is no such log"});
        const Result<void> loaded = load(LogState::of(*log));
        return loaded ? loaded : lost(id, what, loaded.error());
    }
    Result<void> lost(LogId id, std::string_view what, const Error& error) {
        return lost("log " + id.hex() + ", " + std::string(what), error);
    }
    Result<void> lost(const std::string& what, const Error& error) {
        const std::string detail = "store, " + what + ": " + error.detail;
        if (losses_ == nullptr || error.code != ErrorCode::corrupt)
            return Error{error.code, detail};
        losses_->push_back(detail);
        return ok();
    }

    const std::shared_ptr<StoreReader>& reader_;
    EngineState& state_;
    std::vector<std::string>* const losses_;
};

}  // namespace

Result<void> load_state(const Store& store,
                        const std::shared_ptr<StoreReader>& reader,
                        EngineState& state,
                        std::vector<std::string>* losses) {
    StoreLoad load(reader, state, losses);
    StoreVisitor visitor;
    visitor.on_log = [&](const LogRow& row) { return load.log(row); };
    visitor.on_cursor = [&](const CursorRow& row) { return load.cursor(row); };
    visitor.on_chunk = [&](const ChunkRow& row) { return load.chunk(row); };
    visitor.on_return = [&](const ReturnRow& row) { return load.returned(row); };
    visitor.on_hole = [&](const HoleRow& row) { return load.hole(row); };
    visitor.on_segment = [&](const SegmentRow& row) { return load.segment(row); };
    visitor.on_catalogue = [&](CatalogueRow row) { return load.definition(std::move(row)); };
    return store.load(visitor);
}

}  // namespace varve
