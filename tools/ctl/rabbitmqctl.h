// `varve rabbitmqctl`, also when the program is called rabbitmqctl or rabbitmq-diagnostics.
#pragma once

#include "tools/exit_code.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::ctl {

// `arguments` come after the program's name. Where the broker is: --data-dir, VARVE_DATA_DIR,
// ./varve-data.
ExitCode run_rabbitmqctl(const std::vector<std::string>& arguments);

// Whether a program that was started by this name is to be rabbitmqctl.
bool is_rabbitmqctl(std::string_view program);

}  // namespace varve::ctl
