#include "tools/text/search_pattern.h"

#include <array>
#include <regex.h>
#include <utility>

namespace varve {

// POSIX, because std::regex recurses once per byte: a body of a megabyte would end the program.
struct SearchPattern::Compiled {
    regex_t regex{};
    bool compiled = false;

    Compiled() = default;
    Compiled(const Compiled&) = delete;
    Compiled& operator=(const Compiled&) = delete;
    ~Compiled() {
        if (compiled) ::regfree(&regex);
    }
};

SearchPattern::SearchPattern(std::shared_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}

Result<SearchPattern> SearchPattern::compile(const std::string& expression) {
    auto compiled = std::make_shared<Compiled>();
    const int error = ::regcomp(&compiled->regex, expression.c_str(), REG_EXTENDED);
    if (error != 0) {
        std::array<char, 200> text{};
        ::regerror(error, &compiled->regex, text.data(), text.size());
        return Error{ErrorCode::invalid_argument,
                     "'" + expression + "' is no regular expression: " + text.data()};
    }
    compiled->compiled = true;
    return SearchPattern(std::move(compiled));
}

bool SearchPattern::found_in(ByteView bytes) const {
    // REG_STARTEND: the bytes lie between the two offsets, whatever they are.
    regmatch_t range{.rm_so = 0, .rm_eo = static_cast<regoff_t>(bytes.size())};
    return ::regexec(&compiled_->regex, bytes.data(), 1, &range, REG_STARTEND) == 0;
}

}  // namespace varve
