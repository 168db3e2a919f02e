#include "tools/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace varve::load {

namespace {

constexpr int kStepBits = 7;  // 128 buckets for each doubling
constexpr uint64_t kSteps = uint64_t{1} << kStepBits;
constexpr size_t kBucketCount = (64 - kStepBits) * kSteps;

// Below kSteps each value has its own bucket; above, the highest eight bits choose it.
size_t bucket_of(uint64_t value) {
    if (value < kSteps) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - kStepBits;
    return (static_cast<size_t>(shift) + 1) * kSteps + ((value >> shift) - kSteps);
}

uint64_t highest_in(size_t bucket) {
    if (bucket < kSteps) return bucket;
    const size_t shift = bucket / kSteps - 1;
    return ((bucket % kSteps + kSteps + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(kBucketCount) {}

void Histogram::add(int64_t value) {
    value = std::max<int64_t>(value, 0);
    ++counts_[bucket_of(static_cast<uint64_t>(value))];
    ++count_;
    max_ = std::max(max_, value);
    sum_ += static_cast<double>(value);
}

void Histogram::merge(const Histogram& other) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
    sum_ += other.sum_;
}

int64_t Histogram::at(double fraction) const {
    if (count_ == 0) return 0;
    const double wanted = std::ceil(fraction * static_cast<double>(count_));
    const auto rank = std::max<uint64_t>(static_cast<uint64_t>(wanted), 1);
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (seen >= rank) return std::min(static_cast<int64_t>(highest_in(bucket)), max_);
    }
    return max_;
}

}  // namespace varve::load
