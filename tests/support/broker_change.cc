#include "tests/support/broker_change.h"

#include <gtest/gtest.h>

namespace varve {

namespace {

using Found = BrokerChange::Found;

struct Cut {
    std::unique_ptr<FaultyFileSystem> disk;
    std::string event;  // empty: everything was done before
    bool confirmed = false;
};

// As quiesce(), where the disk may have failed.
void let_follow_what_follows(RunningBroker& broker) {
    constexpr int kRounds = 6;
    for (int round = 0; round < kRounds; ++round) {
        for (ShardIndex index = 0; index < broker.shard_count(); ++index)
            discard(broker.await(index, broker.at(index).durable()), "the power may have gone");
    }
}

// A broker's whole life, up to the event with this number after the begin of the change.
Cut live_until(uint64_t event, ShardIndex shard, const BrokerChange& story) {
    BrokerHome home;
    RunningBroker broker(home);
    BrokerSession session(broker, shard);
    story.prepare(session);
    broker.quiesce();
    const uint64_t cut_at = home.disk->event_count() + event;
    home.disk->cut_power_at(cut_at);

    Cut cut;
    cut.confirmed = story.change(session).has_value();
    let_follow_what_follows(broker);
    discard(broker.engine().checkpoint(), "the power may have gone");
    session.abandon();
    const auto events = home.disk->events();
    if (cut_at < events.size()) cut.event = events[cut_at].text();
    broker.lose_power();
    cut.disk = std::move(home.disk);
    return cut;
}

BrokerChange::Seen seen_after_restart(const Cut& cut,
                                      Survival survival,
                                      SeededRng& rng,
                                      const BrokerChange& story) {
    BrokerHome home;
    home.disk = cut.disk->after_crash(survival, rng);
    RunningBroker broker(home);
    broker.quiesce();  // what a restart sets off is done now
    BrokerSession session(broker);
    return story.look(session);
}

}  // namespace

void expect_all_or_nothing_wherever_the_power_goes(ShardIndex shard, const BrokerChange& story) {
    constexpr uint64_t kFarTooMany = 1000;
    constexpr uint64_t kRandomImages = 3;
    SeededRng rng(11);
    uint64_t with = 0;
    uint64_t without = 0;
    uint64_t point = 0;
    for (bool ended = false; !ended && point < kFarTooMany; ++point) {
        const Cut cut = live_until(point, shard, story);
        ended = cut.event.empty();
        for (uint64_t image = 0; image < 2 + kRandomImages; ++image) {
            const auto survival = image == 0   ? Survival::nothing
                                  : image == 1 ? Survival::everything
                                               : Survival::random;
            const auto seen = seen_after_restart(cut, survival, rng, story);
            const bool is_there = seen.found == Found::after;
            ++(is_there ? with : without);
            ASSERT_TRUE(is_there || (!cut.confirmed && seen.found == Found::before))
                << "power cut at event " << point << " (" << cut.event << "), image " << image
                << (cut.confirmed ? ", confirmed: " : ": ") << seen.text;
        }
    }
    // From the write of the frame to the end of the checkpoint.
    EXPECT_GT(point, 10u);
    EXPECT_LT(point, kFarTooMany);
    EXPECT_GT(with, 0u);
    EXPECT_GT(without, 0u);
}

}  // namespace varve
