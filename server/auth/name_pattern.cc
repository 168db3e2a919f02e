#include "server/auth/name_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <array>
#include <pcre2.h>

namespace varve {

namespace {

// A hostile pattern such as (a+)+$ takes a few milliseconds at most until it is given up.
constexpr uint32_t kMatchLimit = 100'000;
constexpr uint32_t kHeapLimitKib = 1024;

struct FreeMatch {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeContext {
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

// One for each thread: a match needs nothing else that changes.
struct MatchRoom {
    std::unique_ptr<pcre2_match_data, FreeMatch> data{pcre2_match_data_create(1, nullptr)};
    std::unique_ptr<pcre2_match_context, FreeContext> context{pcre2_match_context_create(nullptr)};
    MatchRoom() {
        pcre2_set_match_limit(context.get(), kMatchLimit);
        pcre2_set_heap_limit(context.get(), kHeapLimitKib);
    }
};

PCRE2_SPTR chars(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

std::string message_of(int error) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

}  // namespace

struct NamePattern::Code {
    explicit Code(pcre2_code* compiled) : code(compiled) {}
    ~Code() { pcre2_code_free(code); }
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;
    pcre2_code* code;
};

Result<NamePattern> NamePattern::compile(std::string_view pattern) {
    if (pattern.size() > kSizeMax) {
        return Error{ErrorCode::invalid_argument,
                     "regular expression of " + std::to_string(pattern.size()) +
                         " bytes; at most " + std::to_string(kSizeMax)};
    }
    int error = 0;
    PCRE2_SIZE place = 0;
    pcre2_code* code = pcre2_compile(
        chars(pattern), pattern.size(), PCRE2_NEVER_BACKSLASH_C, &error, &place, nullptr);
    if (code == nullptr) {
        return Error{ErrorCode::invalid_argument,
                     "regular expression '" + std::string(pattern) + "': " + message_of(error) +
                         " at " + std::to_string(place)};
    }
    return NamePattern(std::make_shared<const Code>(code));
}

bool NamePattern::matches(std::string_view name) const {
    thread_local const MatchRoom room;
    return pcre2_match(
               code_->code, chars(name), name.size(), 0, 0, room.data.get(), room.context.get()) >=
           0;
}

bool right_matches(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    const auto compiled = NamePattern::compile(pattern);
    return compiled && compiled->matches(name);
}

}  // namespace varve
