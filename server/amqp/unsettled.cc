#include "server/amqp/unsettled.h"

#include <algorithm>

namespace varve::amqp {

namespace {
constexpr size_t kSlack = 64;           // Entries below which tidying up is not worth it.
constexpr size_t kKeptCapacity = 4096;  // 96 KiB: what a channel keeps when nothing is out.
}  // namespace

uint64_t Unsettled::add(SourceIndex source, const RecordKey& key) {
    const uint64_t tag = next_tag_++;
    records_.push_back({tag, key.offset, source, key.level, key.lane});
    return tag;
}

size_t Unsettled::find(uint64_t tag) const {
    if (front_ == records_.size() || tag < records_[front_].tag) return records_.size();
    // Without no-ack deliveries in between, tags are dense: the place can be computed.
    if (const uint64_t guess = front_ + (tag - records_[front_].tag);
        guess < records_.size() && records_[guess].tag == tag) {
        return records_[guess].source == kHole ? records_.size() : guess;
    }
    const auto found = std::lower_bound(
        records_.begin() + static_cast<std::ptrdiff_t>(front_),
        records_.end(),
        tag,
        [](const UnsettledRecord& record, uint64_t wanted) { return record.tag < wanted; });
    if (found == records_.end() || found->tag != tag || found->source == kHole)
        return records_.size();
    return static_cast<size_t>(found - records_.begin());
}

bool Unsettled::take(uint64_t tag, std::vector<UnsettledRecord>& taken) {
    const size_t at = find(tag);
    if (at == records_.size()) return false;
    taken.push_back(records_[at]);
    records_[at].source = kHole;
    ++holes_;
    tidy();
    return true;
}

bool Unsettled::recall(SourceIndex source, const RecordKey& key) {
    for (size_t at = front_; at < records_.size(); ++at) {
        if (!records_[at].is_of(source, key)) continue;
        records_[at].is_recalled = true;
        return true;
    }
    return false;
}

bool Unsettled::take_through(uint64_t tag, std::vector<UnsettledRecord>& taken) {
    size_t end = records_.size();
    if (tag != 0) {
        end = find(tag);
        if (end == records_.size()) return false;
        ++end;
    }
    for (; front_ < end; ++front_) {
        if (records_[front_].source == kHole)
            --holes_;
        else
            taken.push_back(records_[front_]);
    }
    tidy();
    return true;
}

void Unsettled::put_back(const std::vector<UnsettledRecord>& taken) {
    std::erase_if(records_, [this](const UnsettledRecord& record) {
        return record.source == kHole || &record < records_.data() + front_;
    });
    front_ = 0;
    holes_ = 0;
    records_.insert(records_.end(), taken.begin(), taken.end());
    std::ranges::sort(records_, {}, &UnsettledRecord::tag);
}

void Unsettled::tidy() {
    while (front_ < records_.size() && records_[front_].source == kHole) {
        ++front_;
        --holes_;
    }
    if (front_ == records_.size()) {
        records_.clear();
        front_ = 0;
        if (records_.capacity() > kKeptCapacity) records_.shrink_to_fit();
        return;
    }
    // Each time at least half is dropped, so that every record is moved a bounded number of times.
    if (front_ > kSlack && front_ > records_.size() / 2) {
        records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(front_));
        front_ = 0;
    }
    if (holes_ > kSlack && holes_ > count()) {
        records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(front_));
        front_ = 0;
        std::erase_if(records_,
                      [](const UnsettledRecord& record) { return record.source == kHole; });
        holes_ = 0;
    }
}

}  // namespace varve::amqp
