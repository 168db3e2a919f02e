#include "server/broker/ready_bytes.h"

namespace varve {

uint64_t ReadyBytes::begin(int64_t in_memory) {
    clear();
    total_ = in_memory;
    awaited_ = ++last_number_;
    return awaited_;
}

void ReadyBytes::found(const BacklogWeight& weight,
                       const std::function<bool(const RecordKey&)>& is_out) {
    awaited_ = 0;
    total_ += weight.ready;
    for (const auto& [key, size] : weight.out) {
        if (unknown_back_.contains(key)) {
            total_ += size;
        } else if (is_out(key)) {
            out_.try_emplace(key, size);
        }
    }
    unknown_back_.clear();
}

void ReadyBytes::take_out(const RecordKey& key, size_t body) {
    remove(body);
    note_out(key, body);
}

void ReadyBytes::put_back(Level level, Lane lane, OffsetRange range) {
    if (!is_known() && lane == Lane::durable) {
        for (Offset offset = range.begin; offset < range.end; offset = offset + 1) {
            const RecordKey key{level, lane, offset};
            if (!out_.contains(key)) unknown_back_.insert(key);
        }
    }
    for (auto at = out_.lower_bound({level, lane, range.begin}); is_in(at, level, lane, range);
         at = out_.erase(at)) {
        total_ += at->second;
    }
}

void ReadyBytes::settle_out(Level level, Lane lane, OffsetRange range) {
    for (auto at = out_.lower_bound({level, lane, range.begin}); is_in(at, level, lane, range);)
        at = out_.erase(at);
}

void ReadyBytes::clear() {
    total_ = 0;
    out_.clear();
    awaited_ = 0;
    unknown_back_.clear();
}

}  // namespace varve
