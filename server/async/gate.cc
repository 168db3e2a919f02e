#include "server/async/gate.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace varve {

void Gate::spawn(Task<void> task) {
    ++running_;
    boost::asio::co_spawn(context_, std::move(task), [this](std::exception_ptr failed) {
        // No task throws: what can fail is a Result. Anything else is our bug, and ends the process
        // with its text.
        if (failed) std::rethrow_exception(failed);
        ended();
    });
}

void Gate::when_empty(std::function<void()> handler) {
    if (empty()) return handler();
    on_empty_ = std::move(handler);
}

void Gate::ended() {
    if (--running_ > 0 || !on_empty_) return;
    const auto handler = std::exchange(on_empty_, nullptr);
    handler();
}

}  // namespace varve
