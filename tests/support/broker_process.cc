#include "tests/support/broker_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace varve {

namespace {

constexpr int kReadyTimeoutMs = 20000;

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

struct Started {
    pid_t pid = -1;
    int output = -1;  // its standard output
};

Started spawn(const std::vector<std::string>& arguments, const std::string& error_file) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    std::vector<std::string> words = {VARVE_VARVED};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // it ends with the test, in whatever way that ends
        const int errors = open(error_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(ends[1], STDOUT_FILENO);
        dup2(errors, STDERR_FILENO);
        execv(pointers[0], pointers.data());
        _exit(127);
    }
    close(ends[1]);
    return {pid, ends[0]};
}

int wait_for_end(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string make_folder() {
    std::string folder = (std::filesystem::temp_directory_path() / "varve-test-XXXXXX").string();
    if (!mkdtemp(folder.data())) throw std::runtime_error("mkdtemp");
    return folder;
}

}  // namespace

BrokerProcess::BrokerProcess(std::vector<std::string> flags)
    : flags_(std::move(flags)), folder_(make_folder()) {
    start();
}

BrokerProcess::~BrokerProcess() {
    if (pid_ > 0) kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void BrokerProcess::start() {
    std::vector<std::string> arguments = {
        "--data-dir", data_dir(), "--bind", "127.0.0.1", "--amqp-port", std::to_string(port_)};
    arguments.insert(arguments.end(), flags_.begin(), flags_.end());
    const auto [pid, output] = spawn(arguments, folder_ + "/stderr");
    pid_ = pid;
    std::string line;
    while (line.find('\n') == std::string::npos) {
        pollfd readable{output, POLLIN, 0};
        char bytes[256];
        const ssize_t size =
            poll(&readable, 1, kReadyTimeoutMs) > 0 ? read(output, bytes, sizeof bytes) : 0;
        if (size <= 0) {
            kill();
            throw std::runtime_error("varved did not become ready:\n" + diag());
        }
        line.append(bytes, static_cast<size_t>(size));
    }
    close(output);
    const std::string before = "ready amqp=127.0.0.1:";
    const size_t at = line.find(before);
    if (at == std::string::npos) throw std::runtime_error("not a readiness line: " + line);
    port_ = static_cast<uint16_t>(std::stoi(line.substr(at + before.size())));
}

std::string BrokerProcess::diag() const { return read_file(folder_ + "/stderr"); }

int BrokerProcess::stop() {
    ::kill(pid_, SIGTERM);
    return wait_for_end(std::exchange(pid_, -1));
}

void BrokerProcess::kill() {
    ::kill(pid_, SIGKILL);
    wait_for_end(std::exchange(pid_, -1));
}

void BrokerProcess::start_again() { start(); }

ProgramResult run_varved(const std::vector<std::string>& arguments) {
    const std::string folder = make_folder();
    const auto [pid, output] = spawn(arguments, folder + "/stderr");
    ProgramResult result;
    char bytes[4096];
    for (ssize_t size = 0; (size = read(output, bytes, sizeof bytes)) > 0;) {
        result.standard_output.append(bytes, static_cast<size_t>(size));
    }
    close(output);
    result.status = wait_for_end(pid);
    result.standard_error = read_file(folder + "/stderr");
    std::filesystem::remove_all(folder);
    return result;
}

}  // namespace varve
