// From a callback on any thread to co_await.
#pragma once

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
template <typename T, typename Start>
Task<T> resumed_by(Start start) {
    auto initiate = [&start](auto handler) {
        // std::function wants copies; the handler can only be moved.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        start(std::function<void(T)>([shared](T value) {
            auto executor = boost::asio::get_associated_executor(*shared);
            boost::asio::post(executor, [shared, value = std::move(value)]() mutable {
                auto resume = std::move(*shared);
                resume(std::move(value));
            });
        }));
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        initiate, boost::asio::use_awaitable);
}

}  // namespace varve
