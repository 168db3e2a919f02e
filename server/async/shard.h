// A shard: one thread and all it owns. A connection lives on one shard, a queue on one shard; work
// crosses as values.
#pragma once

#include "server/async/resumed_by.h"
#include "server/async/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace varve {

using ShardIndex = uint32_t;

// Threading: post() and index() are Thread-safe; everything else is Shard-bound.
class Shard {
public:
    explicit Shard(ShardIndex index);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    ShardIndex index() const { return index_; }
    boost::asio::io_context& context() { return context_; }

    // The shard whose thread this is; null on a thread that is no shard.
    static Shard* current();
    bool is_current() const { return current() == this; }

    // Runs `work` on this shard, after everything posted before by the same thread. Works from any
    // thread.
    template <typename Work>
    void post(Work&& work) {
        boost::asio::post(context_, std::forward<Work>(work));
    }

    // Runs `hook` once at the end of this turn: after the handlers that are ready now. Calls from
    // one turn are run in order; hooks added by hooks run in the next turn. What a turn collects (a
    // transaction, deliveries for another shard) goes out in one piece here.
    void at_turn_end(std::function<void()> hook);

    void run();   // until stop(); on the shard's own thread
    void stop();  // Thread-safe

private:
    void run_hooks();

    ShardIndex index_;
    boost::asio::io_context context_{1};
    std::vector<std::function<void()>> hooks_;
    std::vector<std::function<void()>> running_hooks_;
    bool hooks_posted_ = false;
};

// All shards, with their threads. Queues and connections are spread over them by index.
class ShardSet {
public:
    explicit ShardSet(uint32_t count);
    ~ShardSet();

    uint32_t count() const { return static_cast<uint32_t>(shards_.size()); }
    Shard& at(ShardIndex index) { return *shards_[index]; }
    void start();
    void stop_and_join();

private:
    std::vector<std::unique_ptr<Shard>> shards_;
    std::vector<std::thread> threads_;
};

// Runs `work` on `shard` and resumes here with what it returned: `co_await on_shard(shard, [id]{
// ... })`. The lambda captures values only, and has a name if it captures anything that has a
// destructor: g++ 12 destroys the captures of a lambda that is written within a co_await twice.
// Runs at once when this is the shard.
template <typename Work, typename Value = std::invoke_result_t<Work>>
Task<Value> on_shard(Shard& shard, Work work) {
    if (shard.is_current()) co_return work();
    if constexpr (std::is_void_v<Value>) {
        co_await resumed_by<bool>([&](std::function<void(bool)> resume) {
            shard.post([work = std::move(work), resume = std::move(resume)]() mutable {
                work();
                resume(true);
            });
        });
    } else {
        co_return co_await resumed_by<Value>([&](std::function<void(Value)> resume) {
            shard.post(
                [work = std::move(work), resume = std::move(resume)]() mutable { resume(work()); });
        });
    }
}

// Runs the coroutine on `shard` and resumes here with what it returned.
template <typename T>
Task<T> run_on(Shard& shard, Task<T> task) {
    if (shard.is_current()) co_return co_await std::move(task);
    // co_spawn wants a value that can be made from nothing.
    auto boxed = [](Task<T> inner) -> Task<std::optional<T>> {
        co_return co_await std::move(inner);
    };
    auto result = co_await boost::asio::co_spawn(
        shard.context(), boxed(std::move(task)), boost::asio::use_awaitable);
    co_return std::move(*result);
}

}  // namespace varve
