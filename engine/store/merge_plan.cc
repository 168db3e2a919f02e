#include "engine/store/merge_plan.h"

#include <algorithm>
#include <limits>

namespace varve {
namespace {

// The files of a stack on one level.
struct Run {
    int level = 0;
    Bytes size = 0;
};

std::vector<Run> runs_of(const FileStack& stack) {
    std::vector<Run> runs;
    for (const StoredFile& file : stack.files) {
        if (runs.empty() || runs.back().level != file.level) runs.push_back({file.level, 0});
        runs.back().size += file.size;
    }
    return runs;
}

void close(FileStack& stack) {
    std::stable_sort(stack.files.begin(), stack.files.end(), [](const auto& a, const auto& b) {
        return a.level < b.level;
    });
    stack.depth = static_cast<int>(runs_of(stack).size());
}

struct Window {
    size_t begin;
    size_t end;
};

Window cheapest_window(std::span<const Run> runs) {
    Window best{0, runs.size()};
    double best_cost = std::numeric_limits<double>::max();
    for (size_t begin = 0; begin < runs.size(); ++begin) {
        Bytes size = runs[begin].size;
        for (size_t end = begin + 2; end <= runs.size(); ++end) {
            size += runs[end - 1].size;
            const double cost = static_cast<double>(size) / static_cast<double>(end - begin - 1);
            if (cost >= best_cost) continue;
            best_cost = cost;
            best = {begin, end};
        }
    }
    return best;
}

MergePlan plan_of(const FileStack& stack,
                  std::span<const Run> runs,
                  Window window,
                  const MergeLimits& limits) {
    MergePlan plan;
    // As deep as the next older run allows: levels between would be lost to newer files.
    plan.output_level =
        window.end < runs.size() ? runs[window.end].level - 1 : limits.level_count - 1;
    for (const StoredFile& file : stack.files) {
        if (file.level < runs[window.begin].level || file.level > runs[window.end - 1].level)
            continue;
        plan.files.push_back(file.name);
        plan.size += file.size;
    }
    return plan;
}

}  // namespace

std::vector<FileStack> stacks_of(std::vector<StoredFile> files) {
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
        return a.first_key < b.first_key;
    });
    std::vector<FileStack> stacks;
    for (StoredFile& file : files) {
        if (stacks.empty() || stacks.back().last_key < file.first_key) {
            stacks.push_back({.first_key = file.first_key, .last_key = file.last_key});
        }
        FileStack& stack = stacks.back();
        stack.last_key = std::max(stack.last_key, file.last_key);
        stack.size += file.size;
        stack.files.push_back(std::move(file));
    }
    for (FileStack& stack : stacks) close(stack);
    return stacks;
}

std::optional<MergePlan> plan_merge(const FileStack& stack, Bytes dead, const MergeLimits& limits) {
    const std::vector<Run> runs = runs_of(stack);
    if (dead >= limits.dead_size_min && dead > stack.size / 2)
        return plan_of(stack, runs, {0, runs.size()}, limits);
    if (stack.depth <= limits.depth_max) return std::nullopt;
    return plan_of(stack, runs, cheapest_window(runs), limits);
}

}  // namespace varve
