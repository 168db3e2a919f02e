#include "tools/text/json_text.h"

#include "tools/text/bytes_text.h"

namespace varve {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Walks one value and copies what is not white space.
class Compactor {
public:
    explicit Compactor(std::string_view text) : text_(text) { out_.reserve(text.size()); }

    bool value(int depth) {
        skip_space();
        if (at_ >= text_.size() || depth > kJsonDepthMax) return false;
        switch (text_[at_]) {
            case '{':
                return members('{', '}', depth);
            case '[':
                return members('[', ']', depth);
            case '"':
                return string();
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return number();
        }
    }
    bool at_end() {
        skip_space();
        return at_ == text_.size();
    }
    std::string take() { return std::move(out_); }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
    }
    bool copy(char expected) {
        if (peek() != expected || at_ >= text_.size()) return false;
        out_ += text_[at_++];
        return true;
    }
    bool word(std::string_view expected) {
        if (!text_.substr(at_).starts_with(expected)) return false;
        out_ += expected;
        at_ += expected.size();
        return true;
    }
    bool digits() {
        const size_t begin = at_;
        while (is_digit(peek())) out_ += text_[at_++];
        return at_ > begin;
    }
    bool number() {
        copy('-');
        if (peek() == '0' ? !copy('0') : !digits()) return false;
        if (copy('.') && !digits()) return false;
        if (!copy('e') && !copy('E')) return true;
        if (!copy('+')) copy('-');
        return digits();
    }
    bool escape() {
        if (at_ >= text_.size()) return false;
        const char kind = text_[at_];
        if (std::string_view("\"\\/bfnrtu").find(kind) == std::string_view::npos) return false;
        out_ += text_[at_++];
        for (int i = 0; kind == 'u' && i < 4; ++i) {
            if (!is_hex_digit(peek())) return false;
            out_ += text_[at_++];
        }
        return true;
    }
    bool string() {
        if (!copy('"')) return false;
        while (at_ < text_.size()) {
            if (copy('"')) return true;
            if (copy('\\')) {
                if (!escape()) return false;
                continue;
            }
            const size_t size = utf8_character_size(text_.substr(at_));
            if (size == 0 || static_cast<uint8_t>(text_[at_]) < 0x20) return false;
            out_ += text_.substr(at_, size);
            at_ += size;
        }
        return false;
    }
    bool members(char open, char shut, int depth) {
        copy(open);
        skip_space();
        if (copy(shut)) return true;
        while (true) {
            skip_space();
            if (open == '{') {
                if (!string()) return false;
                skip_space();
                if (!copy(':')) return false;
            }
            if (!value(depth + 1)) return false;
            skip_space();
            if (copy(shut)) return true;
            if (!copy(',')) return false;
        }
    }

    std::string_view text_;
    size_t at_ = 0;
    std::string out_;
};

}  // namespace

std::optional<std::string> compact_json(ByteView text) {
    Compactor compactor(text);
    if (!compactor.value(1) || !compactor.at_end()) return std::nullopt;
    return compactor.take();
}

std::optional<std::vector<std::string_view>> json_elements(std::string_view compact) {
    if (!compact.starts_with('[')) return std::nullopt;
    std::vector<std::string_view> elements;
    int depth = 0;
    bool quoted = false;
    size_t begin = 1;
    for (size_t at = 0; at < compact.size(); ++at) {
        const char c = compact[at];
        if (quoted) {
            if (c == '\\') ++at;
            if (c == '"') quoted = false;
            continue;
        }
        quoted = c == '"';
        if (c == '[' || c == '{') ++depth;
        if (c == ']' || c == '}') --depth;
        if ((c == ',' && depth == 1) || depth == 0) {
            if (at > begin) elements.push_back(compact.substr(begin, at - begin));
            begin = at + 1;
        }
    }
    return elements;
}

}  // namespace varve
