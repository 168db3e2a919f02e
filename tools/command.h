// A sub-command of the program `varve`, as main.cc lists them.
#pragma once

#include "tools/exit_code.h"

#include <CLI/CLI.hpp>

#include <functional>

namespace varve {

// `add` declares the options on the sub-command that main() made for it and returns what runs once
// they are parsed; it runs at most once, after parsing succeeded. The examples stand first in
// --help.
struct Command {
    const char* name;
    const char* summary;   // one line of `varve --help`
    const char* examples;  // the beginning of `varve <name> --help`, one per line
    std::function<ExitCode()> (*add)(CLI::App& command);
};

}  // namespace varve
