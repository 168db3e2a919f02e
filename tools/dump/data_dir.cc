#include "tools/dump/data_dir.h"

#include "tools/terminal/complaint.h"

namespace varve {

void DataDir::add_option(CLI::App& command) {
    command.add_option("-D,--data-dir", path, "the directory of the broker's data")
        ->envname("VARVE_DATA_DIR")
        ->capture_default_str();
}

ExitCode DataDir::complain(const Error& error) const {
    switch (error.code) {
        case ErrorCode::closed:
            return ExitCode::pipe_closed;  // nobody reads any more: nobody to tell
        case ErrorCode::not_found:
            return varve::complain(
                error, "is it the directory that varved was started with?   varve stat -D DIR");
        case ErrorCode::access_refused:
            return varve::complain(
                error,
                "reading needs the rights of the group that varved runs as:   sudo -u varve ...");
        case ErrorCode::corrupt:
            return varve::complain(error,
                                   "what is damaged, and what it means:   varve verify -D " + path);
        case ErrorCode::newer_format:
            return varve::complain(
                error, "a newer version wrote it: use the varve that came with that varved");
        case ErrorCode::busy:
            return varve::complain(error,
                                   "the broker writes faster than this could follow: try again");
        default:
            return varve::complain(error);
    }
}

}  // namespace varve
