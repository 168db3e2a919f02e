#include "server/config.h"

#include "server/setting.h"
#include "server/version.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>

namespace varve {

namespace {

constexpr std::string_view kExamples = R"(varved: a durable message broker for AMQP 0-9-1

Examples:
  varved                                         on this machine only, data in ./varve-data
  varved --data-dir /var/lib/varve --bind 0.0.0.0
  varved --config /etc/varve.conf
  VARVE_AMQP_PORT=0 varved --log-format json     any free port; standard output names it

Options:
)";

constexpr std::string_view kAfterOptions = R"(
Every option but --config, --version and --help is also a line `key = value` of the configuration file, and an
environment variable: --data-dir is VARVE_DATA_DIR. Flags win over the environment, the environment over the file.
Sizes take KiB, MiB, GiB. Exit codes: docs/configuration.md.
)";

std::string option_line(const std::string& flag, std::string_view help) {
    std::string line = "  " + flag;
    line.append(line.size() < 30 ? 30 - line.size() : 1, ' ').append(help).append("\n");
    return line;
}

std::string help_text() {
    std::string text(kExamples);
    for (const Setting& setting : settings()) {
        text += option_line("--" + std::string(setting.key) + " " + std::string(setting.value),
                            setting.help);
    }
    text += option_line("--config FILE", "read settings from this file, too");
    text += option_line("--version", "print the version");
    text += option_line("--help", "print this");
    return text.append(kAfterOptions);
}

std::string meant(std::string_view wrong, const std::vector<std::string>& names) {
    const std::string nearest = nearest_name(wrong, names);
    return nearest.empty() ? "" : "; did you mean " + nearest + "?";
}

// What one source says: values by key, and where each was said.
struct Value {
    std::string text;
    std::string place;
};
using Layer = std::map<std::string, std::vector<Value>, std::less<>>;

StartFailure config_failure(std::string text) { return {ExitCode::config, std::move(text)}; }

struct Flags {
    Layer layer;
    std::string config_file;
    bool help = false;
    bool version = false;
};

std::variant<Flags, StartFailure> parse_flags(std::vector<std::string> arguments) {
    Flags flags;
    std::map<std::string, std::vector<std::string>, std::less<>> values;
    std::vector<std::string> names = {"--config", "--version", "--help"};
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.add_flag("-h,--help", flags.help);
    app.add_flag("--version", flags.version);
    app.add_option("--config", flags.config_file);
    for (const Setting& setting : settings()) {
        names.push_back("--" + std::string(setting.key));
        auto* option = app.add_option(names.back(), values[std::string(setting.key)]);
        option->expected(1)->multi_option_policy(setting.repeat == Repeat::yes
                                                     ? CLI::MultiOptionPolicy::TakeAll
                                                     : CLI::MultiOptionPolicy::Throw);
    }
    try {
        std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
        app.parse(std::move(arguments));
    } catch (const CLI::Error& error) {
        return StartFailure{ExitCode::usage,
                            std::string(error.what()) + "; varved --help shows how"};
    }
    if (const auto extra = app.remaining(); !extra.empty()) {
        const std::string name = extra.front().substr(0, extra.front().find('='));
        return StartFailure{
            ExitCode::usage,
            "unknown argument '" + name + "'" + meant(name, names) + "; varved --help lists all"};
    }
    for (auto& [key, texts] : values) {
        for (std::string& text : texts) flags.layer[key].push_back({std::move(text), "--" + key});
    }
    return flags;
}

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> items;
    std::string item;
    for (const char c : text) {
        if (c != ',' && c != ' ') {
            item.push_back(c);
        } else if (!item.empty()) {
            items.push_back(std::exchange(item, {}));
        }
    }
    if (!item.empty()) items.push_back(item);
    return items;
}

// Other programs of this project have variables of their own, so a name is refused only where it
// looks like a slip.
std::variant<Layer, StartFailure> parse_environment(
    const std::map<std::string, std::string>& environment) {
    Layer layer;
    std::vector<std::string> keys = {"config"};
    for (const Setting& setting : settings()) {
        keys.emplace_back(setting.key);
        const std::string name = environment_name(setting.key);
        const auto found = environment.find(name);
        if (found == environment.end()) continue;
        auto texts =
            setting.repeat == Repeat::yes ? split_list(found->second) : std::vector{found->second};
        for (std::string& text : texts)
            layer[std::string(setting.key)].push_back({std::move(text), name});
    }
    for (const auto& [name, value] : environment) {
        const std::string nearest = nearest_name(key_of_environment_name(name), keys);
        if (nearest.empty() || environment_name(nearest) == name) continue;
        return config_failure("unknown environment variable " + name + "; did you mean " +
                              environment_name(nearest) + "?");
    }
    return layer;
}

std::string_view trimmed(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::variant<Layer, StartFailure> parse_file(const std::string& path) {
    std::ifstream file(path);
    if (!file)
        return config_failure("cannot read the configuration file " + path + ": " +
                              std::strerror(errno));
    std::vector<std::string> names;
    for (const Setting& setting : settings()) names.emplace_back(setting.key);
    Layer layer;
    std::string raw;
    for (int number = 1; std::getline(file, raw); ++number) {
        const std::string_view line = trimmed(raw);
        if (line.empty() || line.front() == '#') continue;
        const std::string place = path + ":" + std::to_string(number);
        const size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            return config_failure(place + ": expected `key = value`");
        const std::string key(trimmed(line.substr(0, equals)));
        const Setting* setting = find_setting(key);
        if (!setting) {
            return config_failure(place + ": unknown setting '" + key + "'" + meant(key, names) +
                                  "; docs/configuration.md lists all");
        }
        auto& values = layer[key];
        if (!values.empty() && setting->repeat == Repeat::no) {
            return config_failure(place + ": " + key + " was set before, at " +
                                  values.front().place + "; keep one");
        }
        const std::string value(trimmed(line.substr(equals + 1)));
        auto texts = setting->repeat == Repeat::yes ? split_list(value) : std::vector{value};
        for (std::string& text : texts) values.push_back({std::move(text), place});
    }
    if (file.bad())
        return config_failure("cannot read the configuration file " + path +
                              ": it is not a readable file");
    return layer;
}

// What only makes sense together.
Result<void> complete_tls(Config& config) {
    const auto wrong = [](std::string text) {
        return Error{ErrorCode::invalid_argument, std::move(text)};
    };
    auto& certificates = config.tls.certificates;
    if (certificates.size() != config.tls_keys.size()) {
        return wrong("each --tls-certificate needs its --tls-key: there are " +
                     std::to_string(certificates.size()) + " and " +
                     std::to_string(config.tls_keys.size()));
    }
    for (size_t i = 0; i < certificates.size(); ++i) certificates[i].key = config.tls_keys[i];
    if (certificates.empty() && !config.amqps_port_is_default)
        return wrong("--amqps-port needs --tls-certificate and --tls-key");
    if (config.tls.verify != TlsVerify::none && config.tls.ca.empty())
        return wrong("--tls-verify needs --tls-ca, to verify certificates with");
    return ok();
}

struct Sourced {
    const Layer* layer;
    ExitCode exit_code;
};

ConfigOutcome merged(std::span<const Sourced> sources) {
    Config config;
    for (const Setting& setting : settings()) {
        for (const auto& [layer, exit_code] : sources) {
            const auto found = layer->find(setting.key);
            if (found == layer->end()) continue;
            for (const Value& value : found->second) {
                if (auto applied = setting.apply(config, value.text); !applied) {
                    return StartFailure{
                        exit_code,
                        value.place + ": '" + value.text + "': " + applied.error().detail};
                }
            }
            break;
        }
    }
    if (auto whole = complete_tls(config); !whole)
        return StartFailure{ExitCode::config, whole.error().detail};
    return config;
}

}  // namespace

ConfigOutcome load_config(const ConfigSources& sources) {
    auto flags_outcome = parse_flags(sources.arguments);
    if (auto* failure = std::get_if<StartFailure>(&flags_outcome)) return *failure;
    Flags& flags = *std::get_if<Flags>(&flags_outcome);
    if (flags.help) return ConfigText{help_text()};
    if (flags.version) return ConfigText{"varved " + std::string(kVersion) + "\n"};

    auto environment = parse_environment(sources.environment);
    if (auto* failure = std::get_if<StartFailure>(&environment)) return *failure;

    if (const auto named = sources.environment.find(environment_name("config"));
        flags.config_file.empty() && named != sources.environment.end()) {
        flags.config_file = named->second;
    }
    std::variant<Layer, StartFailure> file;
    if (!flags.config_file.empty()) file = parse_file(flags.config_file);
    if (auto* failure = std::get_if<StartFailure>(&file)) return *failure;

    const Sourced by_rank[] = {{&flags.layer, ExitCode::usage},
                               {std::get_if<Layer>(&environment), ExitCode::config},
                               {std::get_if<Layer>(&file), ExitCode::config}};
    return merged(by_rank);
}

}  // namespace varve
