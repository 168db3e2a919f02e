#include "server/freed_memory.h"

#include <ctime>
#include <malloc.h>

namespace varve {
namespace {

constexpr std::chrono::seconds kInterval{5};
// So much stays for the next work.
constexpr size_t kKept = 8 << 20;

std::chrono::nanoseconds cpu_used() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

bool RestMeter::rests(std::chrono::nanoseconds cpu_used) {
    const bool working = cpu_used - last_ >= kRest;
    last_ = cpu_used;
    const bool rested = worked_ && !working;
    worked_ = working;
    return rested;
}

// The engine gives 64 MiB of records back at each checkpoint, and takes as much again. Returned to
// the kernel in between, each page of it would be mapped and cleared anew: a fifth of the time of a
// 1 MiB commit (bench/results/engine_bench.md).
FreedMemory::FreedMemory(boost::asio::io_context& context) : timer_(context) {
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
    look_again();
}

void FreedMemory::look_again() {
    timer_.expires_after(kInterval);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        if (meter_.rests(cpu_used())) ::malloc_trim(kKept);
        look_again();
    });
}

}  // namespace varve
