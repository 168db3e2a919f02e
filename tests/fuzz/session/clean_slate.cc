#include "tests/fuzz/session/clean_slate.h"

#include "engine/base/check.h"

namespace varve {

namespace {

constexpr int kRoundsMax = 20000;

class Cleaning {
public:
    explicit Cleaning(RunningBroker& broker) : broker_(broker), session_(broker) {}

    // Answers whether there was anything left.
    bool round() {
        bool found = false;
        for (const ExchangeListing& exchange : list(&Inventory::exchanges)) {
            if (exchange.name.empty() || exchange.name.starts_with("amq.")) continue;
            must(session_.remove_exchange(exchange.name));
            found = true;
        }
        for (const QueueListing& queue : list(&Inventory::queues)) {
            found = true;
            if (queue.entry->owner == 0)
                discard(session_.remove(queue.entry->name), "it may be going already");
        }
        for (const BindingListing& listing : list(&Inventory::bindings)) {
            discard(session_.unbind(listing.binding), "it may have gone with its queue");
            found = true;
        }
        return found;
    }

private:
    template <typename Listing>
    std::vector<Listing> list(
        Task<std::vector<Listing>> (Inventory::*kind)(std::optional<std::string>)) {
        return broker_.await(0, (broker_.inventory().*kind)(std::nullopt));
    }

    RunningBroker& broker_;
    BrokerSession session_;
};

}  // namespace

void clean(RunningBroker& broker) {
    Cleaning cleaning(broker);
    for (int rounds = 0; cleaning.round(); ++rounds) VARVE_CHECK(rounds < kRoundsMax);
}

}  // namespace varve
