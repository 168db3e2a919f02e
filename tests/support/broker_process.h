// A varved of one's own: on a free port of 127.0.0.1, with a data directory that goes away with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace varve {

// Threading: Caller-serialised. Throws std::runtime_error, with what varved said, where a test
// cannot go on.
class BrokerProcess {
public:
    // Starts it with these flags in addition, and returns when it is ready.
    explicit BrokerProcess(std::vector<std::string> flags = {});
    ~BrokerProcess();  // kills it if it still runs
    BrokerProcess(const BrokerProcess&) = delete;
    BrokerProcess& operator=(const BrokerProcess&) = delete;

    uint16_t port() const { return port_; }
    pid_t pid() const { return pid_; }
    const std::string& folder() const { return folder_; }
    std::string data_dir() const { return folder_ + "/data"; }
    // What it wrote to standard error so far.
    std::string diag() const;

    // SIGTERM; the exit status.
    int stop();
    // SIGKILL, as a crash.
    void kill();
    // After stop() or kill(): the same data, the same port.
    void start_again();

private:
    void start();

    std::vector<std::string> flags_;
    std::string folder_;
    uint16_t port_ = 0;
    pid_t pid_ = -1;
};

// Runs varved to its end; for starts that fail.
struct ProgramResult {
    int status = -1;
    std::string standard_output;
    std::string standard_error;
};
ProgramResult run_varved(const std::vector<std::string>& arguments);

}  // namespace varve
