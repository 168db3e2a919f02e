#include "tools/terminal/complaint.h"

#include "tools/text/bytes_text.h"

#include <fmt/format.h>

#include <cstdio>

namespace varve {

ExitCode complain(const Complaint& complaint, ExitCode code) {
    std::string text = "varve: " + many_lines(complaint.what) + "\n";
    if (!complaint.next.empty()) text += "  " + complaint.next + "\n";
    fmt::print(stderr, "{}", text);
    return code;
}

ExitCode complain(const Error& error, std::string_view next) {
    return complain({error.detail, std::string(next)}, exit_code_of(error.code));
}

}  // namespace varve
