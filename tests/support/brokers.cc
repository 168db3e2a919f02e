#include "tests/support/brokers.h"

namespace varve {

RunningBroker::RunningBroker(BrokerHome& home) : home_(home) {
    engine_ = must(Engine::open({.files = *home.disk, .clock = home.clock, .rng = home.rng},
                                EngineHome::kDirectory,
                                home.engine));
    shards_ = std::make_unique<ShardSet>(home.shards);
    home.options.rng = &home.rng;
    broker_ = must(Broker::start(*engine_, *shards_, home.clock, home.options));
    shards_->start();
}

RunningBroker::~RunningBroker() { stop(); }

void RunningBroker::stop() {
    if (broker_ == nullptr) return;
    broker_->stop();
    shards_->stop_and_join();
    must(engine_->close());
    broker_.reset();
    shards_.reset();
    engine_.reset();
}

void RunningBroker::lose_power() {
    home_.disk->cut_power();
    shards_->stop_and_join();
    // Completions still enter the broker until the engine is closed.
    discard(engine_->close(), "there is no power");
    broker_.reset();
    shards_.reset();
    engine_.reset();
}

void RunningBroker::crash() {
    lose_power();
    home_.disk = home_.disk->after_crash(Survival::random, home_.rng);
}

void RunningBroker::quiesce() {
    // An arrival, its delivery mark, the delivery and what it settles follow one another.
    constexpr int kRounds = 6;
    for (int round = 0; round < kRounds; ++round) {
        for (ShardIndex index = 0; index < shard_count(); ++index)
            must(await(index, at(index).durable()));
    }
}

}  // namespace varve
