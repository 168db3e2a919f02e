// A whole broker without sockets: an engine on a disk in memory, shards with their threads, and
// sessions that block.
#pragma once

#include "server/broker/broker.h"
#include "tests/support/engines.h"
#include "tests/support/faulty_file_system.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <memory>
#include <optional>

namespace varve {

// What survives a broker: its disk, and the time.
struct BrokerHome {
    std::unique_ptr<FaultyFileSystem> disk = std::make_unique<FaultyFileSystem>();
    EngineOptions engine = small_engine();
    // Queues stay where they are: whatever crosses shards is what the test says.
    BrokerOptions options{.timer_check_max = std::chrono::milliseconds(1),
                          .queue_move_interval = std::nullopt,
                          .authenticator = {.cost = {.log2_n = 4, .r = 1, .p = 1}}};
    uint32_t shards = 2;
    ManualClock clock{};
    SeededRng rng{7};
};

// Threading: used by one thread, which is no shard.
class RunningBroker {
public:
    explicit RunningBroker(BrokerHome& home);
    // In good order, unless it has ended before. Sessions have ended.
    ~RunningBroker();
    RunningBroker(const RunningBroker&) = delete;
    RunningBroker& operator=(const RunningBroker&) = delete;

    void stop();
    // The power goes. The home's disk stays as it is: what survives is still to be chosen.
    void lose_power();
    // The same; what survives is left in the home.
    void crash();

    BrokerHome& home() { return home_; }
    Engine& engine() { return *engine_; }
    BrokerShard& at(ShardIndex index) { return broker_->at(index); }
    Policies& policies() { return broker_->policies(); }
    SessionLimits& limits() { return broker_->limits(); }
    LoginRules& login_rules() { return broker_->login_rules(); }
    Inventory& inventory() { return broker_->inventory(); }
    const BrokerRecovery& recovery() const { return broker_->recovery(); }
    uint32_t shard_count() const { return shards_->count(); }
    ShardSet& shards() { return *shards_; }

    // Runs the coroutine on the shard; returns what it returned.
    template <typename T>
    T await(ShardIndex index, Task<T> task) {
        // co_spawn wants a value that can be made from nothing.
        auto boxed = [](Task<T> inner) -> Task<std::optional<T>> {
            co_return co_await std::move(inner);
        };
        auto done = boost::asio::co_spawn(
            shards_->at(index).context(), boxed(std::move(task)), boost::asio::use_future);
        return std::move(*done.get());
    }
    void await(ShardIndex index, Task<void> task) {
        boost::asio::co_spawn(
            shards_->at(index).context(), std::move(task), boost::asio::use_future)
            .get();
    }
    // Runs `work` on the shard; returns what it returned.
    template <typename Work>
    auto call(ShardIndex index, Work work) {
        std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
        auto done = task.get_future();
        shards_->at(index).post([&task] { task(); });
        return done.get();
    }
    // Until what was asked before has reached the queues, the disk and the consumers.
    void quiesce();

private:
    BrokerHome& home_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<ShardSet> shards_;
    std::unique_ptr<Broker> broker_;
};

}  // namespace varve
