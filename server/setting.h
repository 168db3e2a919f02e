// The one table of settings: name, help, how a value is read.
#pragma once

#include "server/config.h"

#include <span>
#include <string>
#include <string_view>

namespace varve {

enum class Repeat : uint8_t { no, yes };

struct Setting {
    std::string_view key;    // flag --key, environment VARVE_KEY, `key = value` in the file
    std::string_view value;  // how the help calls it
    std::string_view help;
    Repeat repeat;
    // `invalid_argument` says what would be right. With Repeat::yes, called once for each value.
    Result<void> (*apply)(Config& config, const std::string& value);
};

std::span<const Setting> settings();
const Setting* find_setting(std::string_view key);
constexpr std::string_view kEnvironmentPrefix = "VARVE_";
std::string environment_name(std::string_view key);          // data-dir: VARVE_DATA_DIR
std::string key_of_environment_name(std::string_view name);  // and back

// The name that `wrong` was most likely meant to be; empty if none is near.
std::string nearest_name(std::string_view wrong, std::span<const std::string> names);

}  // namespace varve
