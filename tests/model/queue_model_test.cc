// A queue with its dead letters against lists in memory: random publishes, gets, settlements, time,
// clean stops and power cuts. VARVE_SEED=n repeats a run; VARVE_STEPS=n sets its length.
#include "tests/support/broker_session.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;

constexpr Level kLevels = 3;
constexpr const char* kQueue = "work";
constexpr const char* kDead = "dead";

uint64_t number_from(const char* variable, uint64_t otherwise) {
    const char* const given = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
    return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

struct ModelMessage {
    int number = 0;
    bool persistent = true;
    std::optional<TimePoint> expires;
    uint32_t deliveries = 0;
};

// Ready messages by level, in order; what is out; what died.
struct QueueModel {
    std::array<std::map<int, ModelMessage>, kLevels> ready;
    std::map<int, std::pair<Level, ModelMessage>> out;
    std::set<int> dead;

    size_t ready_count() const {
        size_t count = 0;
        for (const auto& level : ready) count += level.size();
        return count;
    }
    void expire_heads(TimePoint now) {
        for (auto& level : ready) {
            while (!level.empty()) {
                const ModelMessage& head = level.begin()->second;
                if (!head.expires || *head.expires > now) break;
                dead.insert(head.number);
                level.erase(level.begin());
            }
        }
    }
    // The next one to be delivered, moved to what is out.
    std::optional<ModelMessage> take() {
        for (size_t level = kLevels; level-- > 0;) {
            if (ready[level].empty()) continue;
            const ModelMessage head = ready[level].begin()->second;
            ready[level].erase(ready[level].begin());
            ModelMessage taken = head;
            ++taken.deliveries;
            out[head.number] = {static_cast<Level>(level), taken};
            return head;
        }
        return std::nullopt;
    }
    void give_back(int number) {
        const auto [level, message] = out.at(number);
        ready[level][number] = message;
        out.erase(number);
    }
};

class QueueModelRun {
public:
    explicit QueueModelRun(uint64_t seed)
        : rng_(seed), home_{.rng = SeededRng(SeededRng::derived(seed, 1))} {
        home_.options.queue_move_interval = std::chrono::milliseconds(0);
        open();
    }

    void step() {
        switch (rng_.below(30)) {
            case 0:
                return restart();
            case 1:
                return rng_.one_in(3) ? crash() : must(broker_->engine().checkpoint());
            case 2:
                return purge();
            case 3:
            case 4:
                home_.clock.advance(std::chrono::milliseconds(rng_.below(30)));
                break;
            case 5:
            case 6:
            case 7:
            case 8:
            case 9:
            case 10:
            case 11:
                settle();
                break;
            case 12:
            case 13:
            case 14:
            case 15:
            case 16:
            case 17:
            case 18:
                get();
                break;
            default:
                publish();
        }
        compare();
    }

private:
    void open() {
        broker_ = std::make_unique<RunningBroker>(home_);
        session_ =
            std::make_unique<BrokerSession>(*broker_, static_cast<ShardIndex>(rng_.below(2)));
        session_->queue(kDead);
        session_->queue(kQueue,
                        {{"x-max-priority", FieldValue::integer(kLevels - 1)},
                         {"x-dead-letter-exchange", FieldValue::string("")},
                         {"x-dead-letter-routing-key", FieldValue::string(kDead)}});
    }

    void publish() {
        for (uint64_t i = 0, count = 1 + rng_.below(5); i < count; ++i) {
            ModelMessage message{.number = next_++, .persistent = !rng_.one_in(4)};
            const auto level = static_cast<Level>(rng_.below(kLevels));
            TestMessage wire{.key = kQueue,
                             .body = std::to_string(message.number),
                             .persistent = message.persistent,
                             .priority = level};
            if (rng_.one_in(5)) {
                const auto limit = std::chrono::milliseconds(1 + rng_.below(50));
                wire.expiration = std::to_string(limit.count());
                message.expires = home_.clock.now() + limit;
            }
            ASSERT_EQ(must(session_->publish(wire)), PublishOutcome::routed);
            if (!message.persistent) transient_.insert(message.number);
            model_.ready[level][message.number] = message;
        }
    }

    void get() {
        model_.expire_heads(home_.clock.now());
        const auto expected = model_.take();
        const auto got = session_->get(kQueue);
        ASSERT_EQ(got.has_value(), expected.has_value());
        if (!got) return;
        EXPECT_EQ(got->body, std::to_string(expected->number));
        EXPECT_EQ(got->redelivered, expected->deliveries > 0) << got->body;
        EXPECT_EQ(got->delivery_count, expected->deliveries) << got->body;
        held_.emplace(expected->number, *got);
    }

    void settle() {
        if (held_.empty()) return;
        auto chosen = std::next(held_.begin(), static_cast<int64_t>(rng_.below(held_.size())));
        const int number = chosen->first;
        const auto action = static_cast<SettleAction>(rng_.below(3));
        session_->settle(chosen->second, action);
        held_.erase(chosen);
        if (action == SettleAction::requeue) return model_.give_back(number);
        if (action == SettleAction::reject) model_.dead.insert(number);
        model_.out.erase(number);
    }

    void purge() {
        compare();  // the expired ones have gone
        EXPECT_EQ(must(session_->purge(kQueue)), model_.ready_count());
        for (auto& level : model_.ready) level.clear();
    }

    // Until what is due has expired.
    void settle_down() {
        model_.expire_heads(home_.clock.now());
        for (int i = 0; i < 1000 && session_->ready(kQueue) != model_.ready_count(); ++i)
            broker_->quiesce();
        broker_->quiesce();
    }

    void compare() {
        settle_down();
        // A rejected message may have to be read from the disk before it moves.
        for (int i = 0; i < 1000 && session_->ready(kDead) != model_.dead.size(); ++i)
            broker_->quiesce();
        ASSERT_EQ(session_->ready(kQueue), model_.ready_count());
        ASSERT_EQ(session_->ready(kDead), model_.dead.size());
        ASSERT_EQ(must(session_->status(kQueue)).unsettled, model_.out.size());
    }

    // What is out comes back, what is transient has gone.
    void restart() {
        compare();
        // A session that ends gives back what it holds.
        for (const auto& [number, record] : held_) {
            session_->settle(record, SettleAction::requeue);
            model_.give_back(number);
        }
        held_.clear();
        compare();
        session_.reset();
        broker_.reset();
        for (auto& level : model_.ready)
            std::erase_if(level, [](const auto& entry) { return !entry.second.persistent; });
        open();
        settle_down();
        take_dead();
        compare();
    }

    // After a restart: those that were transient have gone.
    void take_dead() {
        std::set<int> found;
        while (const auto got = session_->get(kDead)) {
            EXPECT_TRUE(found.insert(std::stoi(got->body)).second) << got->body << " died twice";
            session_->settle(*got, SettleAction::ack);
        }
        for (const int number : found)
            EXPECT_TRUE(model_.dead.contains(number)) << number << " has not died";
        for (const int number : model_.dead)
            EXPECT_TRUE(found.contains(number) || transient_.contains(number)) << number << " lost";
        model_.dead.clear();
    }

    // Everything confirmed is there but what was settled, in one of the two places; then all begins
    // anew.
    void crash() {
        const uint64_t settlements = rng_.below(4);
        std::set<int> unsure;
        for (uint64_t i = 0; i < settlements && !held_.empty(); ++i) {
            const auto chosen = held_.begin();
            const auto action = rng_.one_in(2) ? SettleAction::ack : SettleAction::reject;
            const Settlement settlement = BrokerSession::settlement(chosen->second, action);
            const ShardIndex shard = session_->shard();
            broker_->call(shard, [&] { broker_->at(shard).settle({&settlement, 1}); });
            unsure.insert(chosen->first);
            held_.erase(chosen);
        }
        std::set<int> expected;
        for (const auto& level : model_.ready) {
            for (const auto& [number, message] : level) {
                if (message.persistent) expected.insert(number);
            }
        }
        for (const auto& [number, held] : model_.out) {
            if (held.second.persistent && !unsure.contains(number)) expected.insert(number);
        }
        session_->abandon();
        session_.reset();
        broker_->crash();
        broker_.reset();
        open();
        check_survivors(expected, unsure);
        must(session_->remove(kQueue));
        must(session_->remove(kDead));
        model_ = {};
        held_.clear();
        session_.reset();
        broker_.reset();
        open();
    }

    void check_survivors(const std::set<int>& expected, const std::set<int>& unsure) {
        std::set<int> found;
        // What expires while this looks is on its way from one to the other.
        for (int idle_rounds = 0; idle_rounds < 2; ++idle_rounds) {
            broker_->quiesce();
            for (const char* queue : {kQueue, kDead}) {
                while (const auto got = session_->get(queue)) {
                    idle_rounds = 0;
                    const int number = std::stoi(got->body);
                    EXPECT_TRUE(found.insert(number).second) << number << " is in two places";
                    EXPECT_TRUE(got->redelivered || queue == kDead || !model_.out.contains(number))
                        << number;
                }
            }
        }
        for (const int number : expected) EXPECT_TRUE(found.contains(number)) << number << " lost";
        for (const int number : found) {
            EXPECT_TRUE(expected.contains(number) || unsure.contains(number) ||
                        model_.dead.contains(number))
                << number << " is back";
        }
    }

    SeededRng rng_;
    BrokerHome home_;
    std::unique_ptr<RunningBroker> broker_;
    std::unique_ptr<BrokerSession> session_;
    QueueModel model_;
    std::map<int, Received> held_;  // out, as the session got them
    std::set<int> transient_;
    int next_ = 0;
};

TEST(QueueModel, RandomUseIsWhatSimpleListsSay) {
    const uint64_t seed = number_from("VARVE_SEED", std::random_device{}());
    const uint64_t steps = number_from("VARVE_STEPS", 1500);
    SCOPED_TRACE("VARVE_SEED=" + std::to_string(seed));
    QueueModelRun run(seed);
    for (uint64_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
        SCOPED_TRACE("step " + std::to_string(i));
        run.step();
    }
}

}  // namespace
}  // namespace varve
