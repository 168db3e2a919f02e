#include "tests/model/amqp/model_exchange.h"

#include <algorithm>

namespace varve::model {

using amqp::FieldTable;
using amqp::FieldValue;

namespace {

// The first word of a key, which is taken off.
std::string_view next_word(std::string_view& key, bool& ended) {
    const size_t dot = key.find('.');
    const std::string_view word = key.substr(0, dot);
    ended = dot == std::string_view::npos;
    key = ended ? std::string_view() : key.substr(dot + 1);
    return word;
}

std::vector<std::string_view> words_of(std::string_view key) {
    std::vector<std::string_view> words;
    for (bool ended = key.empty(); !ended;) words.push_back(next_word(key, ended));
    return words;
}

using Words = std::vector<std::string_view>;

bool fits_words(const Words& pattern, size_t p, const Words& key, size_t k) {
    if (p == pattern.size()) return k == key.size();
    if (pattern[p] == "#") {
        for (size_t taken = k; taken <= key.size(); ++taken) {
            if (fits_words(pattern, p + 1, key, taken)) return true;
        }
        return false;
    }
    if (k == key.size() || (pattern[p] != "*" && pattern[p] != key[k])) return false;
    return fits_words(pattern, p + 1, key, k + 1);
}

}  // namespace

FieldTable ExchangeKind::arguments() const {
    if (!alternate) return {};
    return {{"alternate-exchange", FieldValue::string(*alternate)}};
}

const std::vector<ExchangeKind>& exchange_kinds() {
    static const std::vector<ExchangeKind> kKinds{
        {.type = "direct"},
        {.type = "fanout"},
        {.type = "topic"},
        {.type = "headers"},
        {.type = "direct", .durable = false},
        {.type = "fanout", .auto_delete = true},
        {.type = "topic", .internal = true},
        {.type = "direct", .alternate = "x1"},
        {.type = "topic", .durable = false, .alternate = "x0"},
    };
    return kKinds;
}

FieldTable ModelBinding::arguments() const {
    if (header == 0) return {};
    return {{"x-match", FieldValue::string("all")}, {"k", FieldValue::integer(header)}};
}

bool ModelExchange::fits(const ModelBinding& binding, const ModelMessage& message) const {
    if (kind.type == "fanout") return true;
    if (kind.type == "headers") return binding.header == 0 || binding.header == message.header;
    return std::ranges::any_of(message.keys, [&](const std::string& key) {
        if (kind.type == "direct") return key == binding.key;
        return fits_words(words_of(binding.key), 0, words_of(key), 0);
    });
}

}  // namespace varve::model
