// How many clients one varved carries, and what they cost while they are idle.
#include "tests/support/broker_process.h"
#include "tests/support/scripted_peer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <list>
#include <sys/resource.h>

namespace varve {
namespace {

using namespace amqp;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kConnections = 500;
constexpr bool kMemoryCounts = false;
#else
constexpr size_t kConnections = 10000;
constexpr bool kMemoryCounts = true;
#endif
constexpr uint16_t kChannels = 2;  // on each
constexpr size_t kFilesMax = kConnections + 500;
// What an idle connection with two channels may take: sockets' buffers are the kernel's.
constexpr size_t kConnectionCostMax = 16 * 1024;

size_t resident_bytes(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string word;
    while (status >> word) {
        if (word != "VmRSS:") continue;
        size_t kilobytes = 0;
        status >> kilobytes;
        return kilobytes * 1024;
    }
    return 0;
}

bool set_file_limit(rlim_t files) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < files) return false;
    limit.rlim_cur = files;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

TEST(ManyConnections, TenThousandWithTwoChannelsEachAreServedAndCostLittle) {
    if (!set_file_limit(kFilesMax)) GTEST_SKIP() << "this machine allows too few files";
    // The broker starts with the limit that programs usually get, and raises it by itself.
    set_file_limit(1024);
    BrokerProcess broker({"--heartbeat", "0"});
    set_file_limit(kFilesMax);
    const size_t before = resident_bytes(broker.pid());

    std::list<ScriptedPeer> peers;
    for (size_t i = 0; i < kConnections; ++i) {
        ScriptedPeer& peer = peers.emplace_back(broker.port());
        peer.log_in();
        for (uint16_t channel = 1; channel <= kChannels; ++channel) peer.open_channel(channel);
    }

    const size_t cost = (resident_bytes(broker.pid()) - before) / kConnections;
    RecordProperty("bytes_per_connection", std::to_string(cost));
    if (kMemoryCounts) {
        EXPECT_LT(cost, kConnectionCostMax);
    }
    // The first and the last of them work as ever.
    for (ScriptedPeer* peer : {&peers.front(), &peers.back()}) {
        peer->declare_queue(2, "q");
        BasicPublish publish;
        publish.routing_key = "q";
        peer->call<ConfirmSelectOk>(2, ConfirmSelect{});
        peer->publish(2, publish, "x");
        peer->expect<BasicAck>(2);
        EXPECT_EQ(peer->get(2, "q", true)->body, "x");
    }
    peers.clear();
    EXPECT_EQ(broker.stop(), 0);
}

}  // namespace
}  // namespace varve
