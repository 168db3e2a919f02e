#include "server/async/shard.h"

#include "engine/base/check.h"

#include <boost/asio/executor_work_guard.hpp>

namespace varve {

namespace {
thread_local Shard* current_shard = nullptr;
}  // namespace

Shard::Shard(ShardIndex index) : index_(index) {}

Shard::~Shard() = default;

Shard* Shard::current() { return current_shard; }

void Shard::at_turn_end(std::function<void()> hook) {
    VARVE_DCHECK(is_current());
    hooks_.push_back(std::move(hook));
    if (hooks_posted_) return;
    hooks_posted_ = true;
    post([this] { run_hooks(); });
}

void Shard::run_hooks() {
    // What a hook adds belongs to the next turn: handlers that became ready meanwhile come first.
    running_hooks_.swap(hooks_);
    hooks_posted_ = false;
    for (auto& hook : running_hooks_) hook();
    running_hooks_.clear();
}

void Shard::run() {
    VARVE_CHECK(current_shard == nullptr);
    current_shard = this;
    const auto work = boost::asio::make_work_guard(context_);
    context_.run();
    current_shard = nullptr;
}

void Shard::stop() { context_.stop(); }

ShardSet::ShardSet(uint32_t count) {
    VARVE_CHECK(count > 0);
    for (ShardIndex index = 0; index < count; ++index) {
        shards_.push_back(std::make_unique<Shard>(index));
    }
}

ShardSet::~ShardSet() { stop_and_join(); }

void ShardSet::start() {
    VARVE_CHECK(threads_.empty());
    for (auto& shard : shards_) {
        threads_.emplace_back([&shard = *shard] { shard.run(); });
    }
}

void ShardSet::stop_and_join() {
    for (auto& shard : shards_) shard->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

}  // namespace varve
