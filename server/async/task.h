// Task<T>: our name for an awaitable. For connection life cycle and rare methods; the message path
// is plain calls.
//
// Coroutines take values: no reference, view or iterator parameters, except from a caller that
// awaits on the spot.
#pragma once

#include "engine/base/result.h"

#include <boost/asio/awaitable.hpp>

#include <utility>

namespace varve {

template <typename T>
using Task = boost::asio::awaitable<T>;

}  // namespace varve

// NOLINTBEGIN(cppcoreguidelines-macro-usage): they return from the coroutine
#define VARVE_CO_TRY_1(expression)                           \
    do {                                                     \
        if (auto varve_result = (expression); !varve_result) \
            co_return std::move(varve_result).error();       \
    } while (false)
#define VARVE_CO_TRY_2(declaration, expression) \
    VARVE_CO_TRY_NAMED(VARVE_CONCAT(varve_result_, __LINE__), declaration, expression)
#define VARVE_CO_TRY_NAMED(name, declaration, expression) \
    auto name = (expression);                             \
    if (!name) co_return std::move(name).error();         \
    declaration = std::move(name).value()
// VARVE_CO_TRY(co_await call()) or VARVE_CO_TRY(auto value, co_await call()).
#define VARVE_CO_TRY(...) VARVE_TRY_PICK(__VA_ARGS__, VARVE_CO_TRY_2, VARVE_CO_TRY_1, )(__VA_ARGS__)
// NOLINTEND(cppcoreguidelines-macro-usage)
