// How long does a topic exchange with 10,000 bindings take for one message? Promised: below 20 µs,
// and no blow-up however many `#` there are. And what does an exchange cost that has one binding:
// the call through its type?
#include "server/broker/topology.h"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace varve;

constexpr int kBindings = 10'000;
constexpr int kQueues = 100;
constexpr int kDelayWords = 28;  // of the keys that kombu gives to messages with a countdown

class FixedRng final : public Rng {
public:
    uint64_t next() override { return 4; }
};

// One vhost, with an exchange "x" and queues to bind.
class Routing {
public:
    explicit Routing(const ExchangeType& type) {
        topology_.apply(VhostAdded{"/"});
        topology_.apply(ExchangeAdded{"/", "x", {.type = &type}});
        for (int i = 0; i < kQueues; ++i) {
            auto queue = std::make_shared<QueueEntry>();
            queue->id.bytes[0] = static_cast<uint8_t>(i);
            queue->vhost = "/";
            queue->name = "q" + std::to_string(i);
            topology_.apply(QueueAdded{queue});
        }
    }
    void bind(const std::string& pattern) {
        const std::string queue = "q" + std::to_string(bound_++ % kQueues);
        topology_.apply(BindingAdded{
            "/", {.declaration = {.source = "x", .destination = queue, .routing_key = pattern}}});
    }
    // Answers how many queues get the message.
    size_t route(std::string_view key) {
        Vhost& vhost = *topology_.find_vhost("/");
        found_.clear();
        vhost.route(*vhost.find_exchange("x"), {{&key, 1}, {}, record_, rng_}, found_);
        return found_.size();
    }

private:
    Topology topology_;
    int bound_ = 0;
    RecordView record_;
    FixedRng rng_;
    std::vector<QueueSlot*> found_;
};

void run(benchmark::State& state, Routing& routing, const std::vector<std::string>& keys) {
    size_t at = 0;
    size_t reached = 0;
    for (auto step : state) {
        (void)step;
        reached = routing.route(keys[at++ % keys.size()]);
        benchmark::DoNotOptimize(reached);
    }
    state.counters["queues"] = static_cast<double>(reached);
}

std::string number(int value) { return std::to_string(value); }

// What services bind: an entity by name, all of a region, every error, a whole subtree.
void typical_patterns(benchmark::State& state) {
    Routing routing(kTopicExchange);
    for (int i = 0; i < kBindings; ++i) {
        const std::string region = "region" + number(i % 20);
        const std::string entity = "entity" + number(i);
        switch (i % 5) {
            case 0:
                routing.bind(region + "." + entity + ".*.created");
                break;
            case 1:
                routing.bind("*." + entity + ".#");
                break;
            case 2:
                routing.bind("#." + entity + ".error");
                break;
            case 3:
                routing.bind(region + ".*." + entity + ".#");
                break;
            default:
                routing.bind(region + "." + entity + ".order.created");
        }
    }
    std::vector<std::string> keys;
    for (int i = 0; i < 1000; ++i)
        keys.push_back("region" + number(i * 7 % 20) + ".entity" + number(i * 7) +
                       ".order.created");
    run(state, routing, keys);
}
BENCHMARK(typical_patterns);

// Every binding begins and ends with `#`, and differs in the word between.
void word_anywhere(benchmark::State& state) {
    Routing routing(kTopicExchange);
    for (int i = 0; i < kBindings; ++i) routing.bind("#.word" + number(i) + ".#");
    run(state, routing, {"a.b.word17.c.word9000.d", "word1.word2.word3.word4.word5.word6"});
}
BENCHMARK(word_anywhere);

// Celery's countdowns: one pattern for each bit of the delay, 28 words and the queue's name.
void delay_levels(benchmark::State& state) {
    Routing routing(kTopicExchange);
    std::string stars;
    for (int level = 0; level < kDelayWords; ++level) {
        routing.bind(stars + "1.#");
        routing.bind(stars + "0.#");
        stars += "*.";
    }
    while (stars.size() / 2 < kDelayWords) stars += "*.";
    for (int i = 2 * kDelayWords; i < kBindings; ++i) routing.bind("#.queue" + number(i));
    std::vector<std::string> keys;
    for (unsigned delay : {1u, 4711u, 0xFFFFFFFu}) {
        std::string key;
        for (int bit = kDelayWords - 1; bit >= 0; --bit)
            key += ((delay >> bit) & 1) != 0 ? "1." : "0.";
        keys.push_back(key + "queue5000");
    }
    run(state, routing, keys);
}
BENCHMARK(delay_levels);

// Patterns that a search by trial would take exponential time for.
void many_hashes(benchmark::State& state) {
    Routing routing(kTopicExchange);
    std::string pattern = "#";
    for (int i = 0; i < 40; ++i) {
        pattern += ".a.#";
        routing.bind(pattern);
        routing.bind(pattern + ".b");
    }
    std::string key = "a";
    for (int i = 0; i < 100; ++i) key += ".a";
    run(state, routing, {key});
}
BENCHMARK(many_hashes);

void one_binding(benchmark::State& state, const ExchangeType& type, const std::string& key) {
    Routing routing(type);
    routing.bind(key);
    run(state, routing, {key});
}
BENCHMARK_CAPTURE(one_binding, direct, kDirectExchange, "key");
BENCHMARK_CAPTURE(one_binding, fanout, kFanoutExchange, "key");
BENCHMARK_CAPTURE(one_binding, topic, kTopicExchange, "one.key");
BENCHMARK_CAPTURE(one_binding, consistent_hash, kConsistentHashExchange, "1");

// One message to each of 100 bindings, and to one of them by its hash.
void hundred_bindings(benchmark::State& state, const ExchangeType& type) {
    Routing routing(type);
    for (int i = 0; i < kQueues; ++i) routing.bind("1");
    run(state, routing, {"1"});
}
BENCHMARK_CAPTURE(hundred_bindings, fanout, kFanoutExchange);
BENCHMARK_CAPTURE(hundred_bindings, consistent_hash, kConsistentHashExchange);

}  // namespace

BENCHMARK_MAIN();
