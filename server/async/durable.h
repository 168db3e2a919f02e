// From callbacks on other threads to co_await: the only bridge from the engine's completions to
// coroutines.
#pragma once

#include "engine/engine.h"
#include "server/async/task.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace varve {

// Calls `start` with a function that is to be called once, from any thread; resumes on the caller's
// executor with what it was called with. If the function is dropped uncalled, the coroutine ends
// with it.
template <typename T>
Task<T> resumed_by(std::function<void(std::function<void(T)>)> start) {
    auto initiate = [&start](auto handler) {
        // std::function wants copies; the handler can only be moved.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        start([shared](T value) {
            auto executor = boost::asio::get_associated_executor(*shared);
            boost::asio::post(executor, [shared, value = std::move(value)]() mutable {
                auto resume = std::move(*shared);
                resume(std::move(value));
            });
        });
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        initiate, boost::asio::use_awaitable);
}

// Commits and resumes when it is durable, or with the reason why it will not be.
Task<Result<void>> commit_durably(Engine& engine, Transaction transaction);

}  // namespace varve
