// Gate: the owner of running tasks. What starts here is waited for here.
#pragma once

#include "server/async/task.h"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>

namespace varve {

// Threading: Shard-bound. It outlives its tasks: whoever owns it waits for it first, or is kept
// alive by each task.
class Gate {
public:
    explicit Gate(boost::asio::io_context& context) : context_(context) {}
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    // Starts the task at once, up to its first wait.
    void spawn(Task<void> task);

    bool empty() const { return running_ == 0; }
    // Calls `handler` once, as soon as no task runs: now, or after the last one.
    void when_empty(std::function<void()> handler);

private:
    void ended();

    boost::asio::io_context& context_;
    size_t running_ = 0;
    std::function<void()> on_empty_;
};

}  // namespace varve
