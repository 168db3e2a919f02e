// A regular expression to look for in messages: POSIX extended, as in grep -E.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <memory>
#include <string>

namespace varve {

// Immutable. Copies share the compiled form, which ends with the last of them.
class SearchPattern {
public:
    // `invalid_argument` says what is wrong with it.
    static Result<SearchPattern> compile(const std::string& expression);

    // Anywhere in the bytes, zero bytes included.
    bool found_in(ByteView bytes) const;

private:
    struct Compiled;
    explicit SearchPattern(std::shared_ptr<const Compiled> compiled);
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace varve
