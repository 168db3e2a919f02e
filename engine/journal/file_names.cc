#include "engine/journal/file_names.h"

#include <charconv>

namespace varve::journal {
namespace {

constexpr std::string_view kInUse = ".vj";
constexpr std::string_view kSpare = ".spare";
constexpr std::string_view kUnfinished = ".new";
constexpr size_t kDigits = 16;

std::string named(uint64_t number, std::string_view ending) {
    char digits[kDigits];
    const char* end = std::to_chars(digits, digits + kDigits, number, 16).ptr;
    const auto count = static_cast<size_t>(end - digits);
    return std::string(kDigits - count, '0').append(digits, count).append(ending);
}

std::optional<uint64_t> number_of(const std::string& name, std::string_view ending) {
    if (name.size() != kDigits + ending.size() || !name.ends_with(ending)) return std::nullopt;
    uint64_t number = 0;
    std::from_chars(name.data(), name.data() + kDigits, number, 16);
    // There and back: upper case and other spellings are not ours.
    if (named(number, ending) != name) return std::nullopt;
    return number;
}

}  // namespace

std::string file_name(uint64_t sequence) { return named(sequence, kInUse); }
std::optional<uint64_t> sequence_of(const std::string& name) { return number_of(name, kInUse); }
std::string spare_name(uint64_t number) { return named(number, kSpare); }
std::string unfinished_name(uint64_t number) { return named(number, kUnfinished); }
std::optional<uint64_t> spare_number_of(const std::string& name) { return number_of(name, kSpare); }
bool is_unfinished(const std::string& name) { return number_of(name, kUnfinished).has_value(); }

}  // namespace varve::journal
