#include "tools/ctl/line.h"

#include "tools/text/nearest.h"

#include <algorithm>
#include <array>

namespace varve::ctl {

namespace {

enum class Takes : uint8_t { nothing, value };

struct Option {
    std::string_view name;
    char letter;  // 0: none
    Takes takes;
};

// Those of RabbitMQ's tools, and --data-dir, which is ours. Some have no meaning for one node.
constexpr std::array kOptions{
    Option{"vhost", 'p', Takes::value},
    Option{"quiet", 'q', Takes::nothing},
    Option{"silent", 's', Takes::nothing},
    Option{"formatter", 0, Takes::value},
    Option{"no-table-headers", 0, Takes::nothing},
    Option{"data-dir", 'D', Takes::value},
    Option{"priority", 0, Takes::value},
    Option{"apply-to", 0, Takes::value},
    Option{"if-empty", 'e', Takes::nothing},
    Option{"if-unused", 'u', Takes::nothing},
    Option{"description", 0, Takes::value},
    Option{"tags", 0, Takes::value},
    Option{"default-queue-type", 0, Takes::value},
    Option{"relaxed-redeclare", 0, Takes::value},
    Option{"global", 0, Takes::nothing},
    Option{"user", 0, Takes::value},
    Option{"limit", 0, Takes::value},
    Option{"per-connection-delay", 0, Takes::value},
    Option{"help", 'h', Takes::nothing},
    Option{"version", 0, Takes::nothing},
    // Accepted: there is one node, and it answers or it does not.
    Option{"node", 'n', Takes::value},
    Option{"longnames", 'l', Takes::nothing},
    Option{"timeout", 't', Takes::value},
    Option{"erlang-cookie", 0, Takes::value},
    Option{"script-name", 0, Takes::value},
    Option{"online", 0, Takes::nothing},
    Option{"offline", 0, Takes::nothing},
    Option{"local", 0, Takes::nothing},
    Option{"dry-run", 0, Takes::nothing},
    Option{"printer", 0, Takes::value},
};

const Option* find_option(std::string_view argument) {
    if (argument.size() == 2) {
        const auto found = std::ranges::find(kOptions, argument[1], &Option::letter);
        return found == kOptions.end() ? nullptr : &*found;
    }
    if (!argument.starts_with("--")) return nullptr;
    const auto found = std::ranges::find(kOptions, argument.substr(2), &Option::name);
    return found == kOptions.end() ? nullptr : &*found;
}

Error unknown(const std::string& option) {
    std::vector<std::string> names;
    for (const Option& known : kOptions) names.push_back("--" + std::string(known.name));
    const auto meant = nearest(option, names);
    return {ErrorCode::invalid_argument,
            "there is no option '" + option + "'" +
                (meant ? "; did you mean '" + *meant + "'?" : std::string())};
}

// A negative number, or a lone dash, is a word.
bool is_option(const std::string& argument) {
    if (argument.size() < 2 || argument[0] != '-') return false;
    return std::isdigit(static_cast<unsigned char>(argument[1])) == 0;
}

}  // namespace

std::optional<std::string> Line::value(std::string_view option) const {
    const auto found = options.find(option);
    if (found == options.end()) return std::nullopt;
    return found->second;
}

Result<Line> parse_line(const std::vector<std::string>& arguments) {
    Line line;
    bool words_only = false;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (words_only || !is_option(argument)) {
            if (line.command.empty())
                line.command = argument;
            else
                line.words.push_back(argument);
            continue;
        }
        if (argument == "--") {
            words_only = true;
            continue;
        }
        const size_t equals = argument.starts_with("--") ? argument.find('=') : std::string::npos;
        const Option* option = find_option(argument.substr(0, equals));
        if (option == nullptr) return unknown(argument.substr(0, equals));
        std::string value;
        if (option->takes == Takes::value) {
            if (equals == std::string::npos && i + 1 == arguments.size())
                return Error{ErrorCode::invalid_argument,
                             "option '" + argument + "' wants a value"};
            value = equals == std::string::npos ? arguments[++i] : argument.substr(equals + 1);
        }
        line.options[std::string(option->name)] = std::move(value);
    }
    return line;
}

}  // namespace varve::ctl
