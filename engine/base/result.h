// Result<T>: a value, or the reason why there is none. The member names are those of std::expected.
#pragma once

#include "engine/base/check.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace varve {

// Chosen by what the caller can do about it, not by where it broke.
enum class ErrorCode : uint8_t {
    // The request was wrong; the caller can fix it.
    invalid_argument,
    not_found,
    already_exists,
    precondition,
    access_refused,
    resource_locked,
    not_implemented,
    // Later, or elsewhere, it may work.
    no_space,
    closed,
    busy,
    // This log, or this directory, is not to be trusted until reopened.
    io,
    corrupt,
    // Written by a newer version than this one.
    newer_format,
};

std::string_view to_string(ErrorCode code);

// What went wrong, said once by the layer that knows the path, the offset or the queue.
struct [[nodiscard]] Error {
    ErrorCode code;
    std::string detail;
};

template <typename T = void>
class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T value)
        : state_(std::in_place_index<0>, std::move(value)) {
    }  // NOLINT(google-explicit-constructor): as std::expected
    Result(Error error)
        : state_(std::in_place_index<1>, std::move(error)) {
    }  // NOLINT(google-explicit-constructor): `return Error{...}`

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() & { return VARVE_CHECK(has_value()), *std::get_if<0>(&state_); }
    const T& value() const& { return VARVE_CHECK(has_value()), *std::get_if<0>(&state_); }
    T&& value() && { return VARVE_CHECK(has_value()), std::move(*std::get_if<0>(&state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T value_or(T fallback) && {
        return has_value() ? std::move(*this).value() : std::move(fallback);
    }

    Error& error() & { return VARVE_CHECK(!has_value()), *std::get_if<1>(&state_); }
    const Error& error() const& { return VARVE_CHECK(!has_value()), *std::get_if<1>(&state_); }
    Error&& error() && { return VARVE_CHECK(!has_value()), std::move(*std::get_if<1>(&state_)); }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() = default;
    Result(Error error)
        : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor): `return Error{...}`

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }
    void value() const { VARVE_CHECK(has_value()); }

    Error& error() & { return VARVE_CHECK(!has_value()), *std::get_if<1>(&state_); }
    const Error& error() const& { return VARVE_CHECK(!has_value()), *std::get_if<1>(&state_); }
    Error&& error() && { return VARVE_CHECK(!has_value()), std::move(*std::get_if<1>(&state_)); }

private:
    std::variant<std::monostate, Error> state_;
};

inline Result<void> ok() { return {}; }

// Drops a result on purpose; the reason stands at the call.
template <typename T>
void discard(const Result<T>& /*result*/, std::string_view /*reason*/) {}

// The value of a result that cannot fail here: a failure is our bug and ends the process with its
// detail.
template <typename T>
T must(Result<T> result) {
    if (!result) check_failed(result.error().detail.c_str(), "must()", 0);
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace varve

// NOLINTBEGIN(cppcoreguidelines-macro-usage): they return from the caller
#define VARVE_CONCAT_INNER(a, b) a##b
#define VARVE_CONCAT(a, b) VARVE_CONCAT_INNER(a, b)
#define VARVE_TRY_1(expression)                              \
    do {                                                     \
        if (auto varve_result = (expression); !varve_result) \
            return std::move(varve_result).error();          \
    } while (false)
#define VARVE_TRY_2(declaration, expression) \
    VARVE_TRY_NAMED(VARVE_CONCAT(varve_result_, __LINE__), declaration, expression)
#define VARVE_TRY_NAMED(name, declaration, expression) \
    auto name = (expression);                          \
    if (!name) return std::move(name).error();         \
    declaration = std::move(name).value()
#define VARVE_TRY_PICK(a, b, name, ...) name
// VARVE_TRY(call()) or VARVE_TRY(auto value, call()): returns the error to our caller.
#define VARVE_TRY(...) VARVE_TRY_PICK(__VA_ARGS__, VARVE_TRY_2, VARVE_TRY_1, )(__VA_ARGS__)
// NOLINTEND(cppcoreguidelines-macro-usage)
