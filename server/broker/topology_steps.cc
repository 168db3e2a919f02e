#include "server/broker/topology_steps.h"

#include "server/async/resumed_by.h"

#include <atomic>

namespace varve {

void TopologySteps::run(TopologyStep step, Resume done) {
    // Ends on shard 0 when the engine and every other shard have reported.
    struct Join {
        std::atomic<uint32_t> left;
        Result<void> outcome;
        std::vector<QueueEntryRef> declared;
        Resume done;
    };
    const uint64_t number = next_step_++;
    pending_.insert(number);
    auto join = std::make_shared<Join>();  // shared by the reports
    join->left = shards_.count() + 1;
    join->declared = std::move(step.declared_queues);
    join->done = std::move(done);
    auto report = [this, join, number] {
        if (--join->left > 0) return;
        shards_.at(0).post([this, join, number] {
            for (const QueueEntryRef& queue : join->declared) {
                QueueStage stage = QueueStage::declaring;  // unless it was closed meanwhile
                if (join->outcome)
                    queue->live.stage.compare_exchange_strong(stage, QueueStage::declared);
            }
            finish(number, join->outcome);
            join->done(join->outcome);
        });
    };

    if (step.transaction.empty()) {
        report();
    } else {
        engine_.commit(std::move(step.transaction),
                       [join, report](const Result<CommitReceipt>& receipt) {
                           if (!receipt) join->outcome = receipt.error();
                           report();
                       });
    }
    const auto changes =
        std::make_shared<const TopologyChanges>(std::move(step.changes));  // read by every shard
    for (ShardIndex index = 1; index < shards_.count(); ++index) {
        shards_.at(index).post([this, index, changes, report] {
            for (const TopologyChange& change : *changes) apply_(index, change);
            report();
        });
    }
    report();  // shard 0 has applied it already
}

Task<Result<void>> TopologySteps::run(TopologyStep step) {
    co_return co_await resumed_by<Result<void>>(
        [&](Resume resume) { run(std::move(step), std::move(resume)); });
}

Task<Result<void>> TopologySteps::settled() {
    if (pending_.empty()) co_return ok();
    co_return co_await resumed_by<Result<void>>(
        [this](Resume resume) { waiting_.emplace_back(pending_, std::move(resume)); });
}

void TopologySteps::finish(uint64_t number, const Result<void>& outcome) {
    pending_.erase(number);
    std::vector<Resume> ready;
    std::erase_if(waiting_, [&](auto& waiting) {
        waiting.first.erase(number);
        if (!waiting.first.empty()) return false;
        ready.push_back(std::move(waiting.second));
        return true;
    });
    for (const Resume& resume : ready) resume(outcome);
}

}  // namespace varve
