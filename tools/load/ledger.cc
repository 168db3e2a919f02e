#include "tools/load/ledger.h"

namespace varve::load {

Ledger::Ledger(const LedgerShape& shape) : shape_(shape) {
    for (uint32_t i = 0; i < shape.publishers; ++i) add_account();
}

std::unique_ptr<Ledger> Ledger::of_unknown_publisher(uint32_t queues, ExchangeMode exchange) {
    auto ledger = std::make_unique<Ledger>(
        LedgerShape{.publishers = 0, .queues = queues, .exchange = exchange});
    ledger->knows_publishers_ = false;
    return ledger;
}

void Ledger::add_account() {
    accounts_.push_back(std::make_unique<PublisherAccount>());
    accounts_.back()->received.resize(copies());
}

PublisherAccount& Ledger::account_of_stranger(uint16_t publisher) {
    while (accounts_.size() <= publisher) add_account();
    return *accounts_[publisher];
}

uint64_t Ledger::attempted() const {
    uint64_t sum = 0;
    for (const auto& account : accounts_) sum += account->attempted.load(std::memory_order_relaxed);
    return sum;
}

uint64_t Ledger::confirmed() const {
    uint64_t sum = 0;
    for (const auto& account : accounts_) sum += account->confirmed.count();
    return sum;
}

uint64_t Ledger::received() const {
    uint64_t sum = 0;
    for (const auto& account : accounts_) {
        for (const SequenceSet& received : account->received) sum += received.count();
    }
    return sum;
}

Ledger::Missing Ledger::missing() const {
    Missing missing;
    for (size_t publisher = 0; publisher < accounts_.size(); ++publisher) {
        const PublisherAccount& account = *accounts_[publisher];
        for (size_t copy = 0; copy < account.received.size(); ++copy) {
            const auto difference = account.confirmed.minus(account.received[copy]);
            if (difference.count > 0 && missing.count == 0) {
                missing.first = "publisher " + std::to_string(publisher) + ", sequence number " +
                                std::to_string(*difference.first);
            }
            missing.count += difference.count;
        }
    }
    return missing;
}

}  // namespace varve::load
