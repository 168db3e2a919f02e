// The option that names the data directory, and what to say when it cannot be read.
#pragma once

#include "engine/base/result.h"
#include "tools/exit_code.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace varve {

struct DataDir {
    std::string path = "varve-data";  // as varved's

    // Adds -D, --data-dir [$VARVE_DATA_DIR].
    void add_option(CLI::App& command);
    // Says what is wrong, and what to do about it; answers the exit code.
    ExitCode complain(const Error& error) const;
};

}  // namespace varve
