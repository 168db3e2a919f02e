// What to do with memory that was freed: kept while there is work, given back when there is none.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace varve {

// Tells when a process has gone to rest, from the CPU time that it has used up to now.
class RestMeter {
public:
    // True once after work: when less than `kRest` was used since the last call, and more before.
    bool rests(std::chrono::nanoseconds cpu_used);

private:
    static constexpr std::chrono::milliseconds kRest{100};

    std::chrono::nanoseconds last_{0};
    bool worked_ = false;
};

// Thread: that of the context, which outlives this.
class FreedMemory {
public:
    explicit FreedMemory(boost::asio::io_context& context);

private:
    void look_again();

    RestMeter meter_;
    boost::asio::steady_timer timer_;
};

}  // namespace varve
