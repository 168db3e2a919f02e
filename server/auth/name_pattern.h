// A regular expression over names, as rights and policies have it.
#pragma once

#include "engine/base/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace varve {

// Perl's dialect, as RabbitMQ's; it matches anywhere in the name unless it is anchored. Patterns
// and names may come from anybody: a match that takes too much time or memory is no match.
//
// Threading: Immutable.
class NamePattern {
public:
    static constexpr size_t kSizeMax = 4096;

    // `invalid_argument` with the reason and the place.
    static Result<NamePattern> compile(std::string_view pattern);

    bool matches(std::string_view name) const;

private:
    struct Code;
    explicit NamePattern(std::shared_ptr<const Code> code) : code_(std::move(code)) {}
    std::shared_ptr<const Code> code_;  // shared by copies: it does not change
};

// With an empty pattern nothing but the empty name, as RabbitMQ has it for rights. False for one
// that does not compile.
bool right_matches(std::string_view pattern, std::string_view name);

}  // namespace varve
