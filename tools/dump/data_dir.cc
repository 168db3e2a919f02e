#include "tools/dump/data_dir.h"

#include "engine/io/file_system.h"
#include "tools/terminal/complaint.h"

namespace varve {
namespace {

std::string where_to_look(const std::string& path) {
    const bool exists = posix_file_system().info(path).has_value();
    return (exists ? "it is there, but varved has not written to it" : "there is no " + path) +
           std::string("; the directory is that of varved --data-dir:   -D DIR or $VARVE_DATA_DIR");
}

}  // namespace

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
            return varve::complain({error.detail, where_to_look(path)}, ExitCode::not_found);
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
