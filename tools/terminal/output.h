// Standard output of a command: data and nothing else.
#pragma once

#include "engine/base/result.h"

#include <string>
#include <string_view>

namespace varve {

// Threading: Caller-serialised.
// Failure:   `closed` when nobody reads any more, `io` and `no_space` for the rest; every later
// write answers the same.
class Output {
public:
    explicit Output(int descriptor);
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    // What was not flushed by then is dropped: a command flushes, and tells when that fails.
    ~Output() = default;

    Result<void> write(std::string_view bytes);
    Result<void> flush();

    bool is_terminal() const { return is_terminal_; }
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
    bool is_terminal_;
    std::string buffer_;
    Result<void> state_;
};

// Columns of the terminal behind the descriptor; 80 if it does not say.
size_t terminal_columns(int descriptor);
bool is_terminal(int descriptor);

}  // namespace varve
