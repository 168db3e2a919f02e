// Two ways of doing one thing, taking turns in one run: both see the machine in the same mood.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace varve {

// How long each single go took.
class Turns {
public:
    // One turn; answers what it took altogether.
    template <typename Go>
    double take(int count, const Go& go) {
        double sum = 0;
        for (int i = 0; i < count; ++i) {
            const auto begin = std::chrono::steady_clock::now();
            go();
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
            seconds_.push_back(took.count());
            sum += took.count();
        }
        return sum;
    }

    size_t count() const { return seconds_.size(); }
    double per_second() const {
        double sum = 0;
        for (const double one : seconds_) sum += one;
        return static_cast<double>(seconds_.size()) / sum;
    }
    // `part` of all were at least as fast: 0.5 is the median.
    double microseconds_at(double part) const {
        std::vector<double> sorted = seconds_;
        const auto at = static_cast<ptrdiff_t>(part * static_cast<double>(sorted.size() - 1));
        std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
        return sorted[static_cast<size_t>(at)] * 1e6;
    }

private:
    std::vector<double> seconds_;
};

}  // namespace varve
