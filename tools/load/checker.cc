#include "tools/load/checker.h"

namespace varve::load {

uint64_t Findings::count() const {
    return lost.count + duplicate.count + out_of_order.count + damaged.count + invented.count +
           misrouted.count + foreign.count;
}

bool Checker::take(const Delivered& delivered) {
    if (!delivered.stamp) {
        note(findings_.damaged, delivered);
        return false;
    }
    const Stamp& stamp = *delivered.stamp;
    if (!is_ours(delivered, stamp)) return false;
    PublisherAccount& account = ledger_.knows_publishers()
                                    ? ledger_.account(stamp.publisher)
                                    : ledger_.account_of_stranger(stamp.publisher);
    const uint32_t copy = ledger_.copies() == 1 ? 0 : delivered.queue;
    if (!account.received[copy].add(stamp.sequence)) {
        if (delivered.redelivered) {
            ++redelivered_;
        } else {
            note(findings_.duplicate, delivered);
        }
        return false;
    }
    if (!delivered.redelivered) check_order(delivered, stamp);
    return true;
}

bool Checker::is_ours(const Delivered& delivered, const Stamp& stamp) {
    if (!run_) run_ = ledger_.knows_publishers() ? ledger_.shape().run : stamp.run;
    if (stamp.run != *run_) return note(findings_.foreign, delivered), false;
    if (ledger_.knows_publishers() &&
        (stamp.publisher >= ledger_.publisher_count() ||
         stamp.sequence >=
             ledger_.account(stamp.publisher).attempted.load(std::memory_order_acquire))) {
        return note(findings_.invented, delivered), false;
    }
    if (ledger_.copies() == 1 &&
        options_.queue_of(stamp.publisher, stamp.sequence) != delivered.queue) {
        return note(findings_.misrouted, delivered), false;
    }
    return true;
}

void Checker::check_order(const Delivered& delivered, const Stamp& stamp) {
    if (next_in_order_.size() <= delivered.subscription)
        next_in_order_.resize(delivered.subscription + 1);
    std::vector<uint64_t>& next = next_in_order_[delivered.subscription];
    if (next.size() <= stamp.publisher) next.resize(stamp.publisher + size_t{1});
    if (stamp.sequence < next[stamp.publisher]) {
        note(findings_.out_of_order, delivered);
    } else {
        next[stamp.publisher] = stamp.sequence + 1;
    }
}

void Checker::note(Finding& finding, const Delivered& delivered) const {
    if (++finding.count > 1) return;
    finding.first = "queue " + options_.queue_name(delivered.queue);
    if (!delivered.stamp) return;
    finding.first += ", run " + std::to_string(delivered.stamp->run) + ", publisher " +
                     std::to_string(delivered.stamp->publisher) + ", sequence number " +
                     std::to_string(delivered.stamp->sequence);
}

}  // namespace varve::load
