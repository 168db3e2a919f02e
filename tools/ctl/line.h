// The command line of rabbitmqctl: options anywhere, as its users write them.
#pragma once

#include "engine/base/result.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace varve::ctl {

struct Line {
    std::string command;
    std::vector<std::string> words;                           // after the command, without options
    std::map<std::string, std::string, std::less<>> options;  // long name without dashes; flags: ""

    bool has(std::string_view option) const { return options.contains(option); }
    std::optional<std::string> value(std::string_view option) const;
    std::string vhost() const { return value("vhost").value_or("/"); }
    bool quiet() const { return has("quiet") || has("silent"); }
    std::string formatter() const { return value("formatter").value_or("table"); }
};

// `invalid_argument` for an option that rabbitmqctl does not know, or without its value.
Result<Line> parse_line(const std::vector<std::string>& arguments);

}  // namespace varve::ctl
