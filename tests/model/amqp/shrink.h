// Makes a failing sequence shorter, as long as it fails.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace varve::model {

// Leaves out runs of steps, long ones first, then single ones, until none can be left out or
// `tries_max` sequences have been tried. `fails` is asked for each.
template <typename Step, typename Fails>
std::vector<Step> shrink(std::vector<Step> steps, size_t tries_max, Fails fails) {
    size_t tries = 0;
    for (size_t length = std::max<size_t>(steps.size() / 2, 1); length > 0;) {
        bool shorter = false;
        for (size_t begin = 0; begin < steps.size() && tries < tries_max;) {
            std::vector<Step> fewer(steps.begin(), steps.begin() + static_cast<long>(begin));
            const size_t end = std::min(begin + length, steps.size());
            fewer.insert(fewer.end(), steps.begin() + static_cast<long>(end), steps.end());
            ++tries;
            if (!fewer.empty() && fails(fewer)) {
                steps = std::move(fewer);
                shorter = true;
            } else {
                begin += length;
            }
        }
        if (tries == tries_max) break;
        if (length > 1)
            length /= 2;
        else if (!shorter)
            break;
    }
    return steps;
}

}  // namespace varve::model
