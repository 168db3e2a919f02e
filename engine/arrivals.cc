#include "engine/arrivals.h"

#include <algorithm>

namespace varve {

bool Arrivals::add(PendingCommit commit) {
    const bool first = commits_.empty();
    const bool was_awaited = awaited_;
    if (first) due_ = clock_.monotonic() + kPatience;
    size_ += commit.transaction.size();
    if (commit.haste == Haste::now || size_ >= kCompany) awaited_ = true;
    commits_.push_back(std::move(commit));
    return first || awaited_ != was_awaited;
}

std::optional<std::chrono::nanoseconds> Arrivals::patience() const {
    using std::chrono::nanoseconds;
    if (commits_.empty()) return std::nullopt;
    if (awaited_) return nanoseconds(0);
    return std::max(due_ - clock_.monotonic(), nanoseconds(0));
}

void Arrivals::move_to(std::deque<PendingCommit>& queue) {
    std::ranges::move(commits_, std::back_inserter(queue));
    commits_.clear();
    size_ = 0;
    awaited_ = false;
}

}  // namespace varve
