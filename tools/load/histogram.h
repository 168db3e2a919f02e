// Latencies by the million: counts in log-linear buckets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace varve::load {

// Values from 0 to 2^63, each counted in a bucket that is at most 1/128 of the value wide; so a
// percentile is at most 0.8 % too high. About 58 KiB, whatever is counted. Caller-serialised.
class Histogram {
public:
    Histogram();

    // A negative value counts as 0: two clock readings may come out in the wrong order.
    void add(int64_t value);
    void merge(const Histogram& other);

    uint64_t count() const { return count_; }
    int64_t max() const { return max_; }  // exact
    double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
    // The value that `fraction` (0 to 1) of all values do not exceed; 0 if there are none.
    int64_t at(double fraction) const;

private:
    std::vector<uint64_t> counts_;
    uint64_t count_ = 0;
    int64_t max_ = 0;
    double sum_ = 0;
};

}  // namespace varve::load
