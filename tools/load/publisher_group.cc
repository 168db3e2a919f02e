#include "tools/load/publisher_group.h"

#include "tools/load/clock.h"
#include "tools/load/reconnect.h"

#include <algorithm>

namespace varve::load {

PublisherGroup::PublisherGroup(const Options& options, Ledger& ledger, RunState& state)
    : context_{.options = options, .ledger = ledger, .state = state} {
    connections_.reserve(options.publishers);
    for (uint32_t i = 0; i < options.publishers; ++i)
        connections_.emplace_back(static_cast<uint16_t>(i), context_);
}

Result<void> PublisherGroup::connect() {
    for (size_t i = 0; i < connections_.size(); ++i) VARVE_TRY(connect(i));
    return ok();
}

Result<void> PublisherGroup::connect(size_t index) {
    VARVE_TRY(auto client, Client::connect(context_.options.uri));
    const int fd = client->fd();
    VARVE_TRY(connections_[index].publisher.attach(std::move(client)));
    poller_.add(fd, index);
    connections_[index].wants_room = false;
    return ok();
}

Result<void> PublisherGroup::run(const Schedule& schedule) {
    context_.schedule = schedule;
    const int64_t drain_ns = context_.options.drain.count();
    int64_t drain_end_ns = 0;
    for (;;) {
        const int64_t now = now_ns();
        if (context_.state.abandon.load(std::memory_order_relaxed)) return ok();
        for (size_t i = 0; i < connections_.size(); ++i) VARVE_TRY(turn(i, false));
        const bool publishing = std::ranges::any_of(
            connections_,
            [now](const Connection& connection) { return !connection.publisher.done(now); });
        if (publishing || drain_end_ns == 0) drain_end_ns = now + drain_ns;
        if (!publishing && (finished(now) || now >= drain_end_ns)) break;
        for (const Poller::Event& event : poller_.wait(next_wakeup_ns(now))) {
            if (event.input) VARVE_TRY(turn(event.index, true));
        }
    }
    return say_goodbye();
}

Result<void> PublisherGroup::turn(size_t index, bool input) {
    Connection& connection = connections_[index];
    Publisher& publisher = connection.publisher;
    const int64_t now = now_ns();
    if (publisher.client() == nullptr) {
        if (now < connection.retry_ns || publisher.done(now)) return ok();
        if (auto connected = connect(index); !connected)
            return lose(index, std::move(connected).error());
        ++reconnects_;
    }
    Client& client = *publisher.client();
    if (input) {
        if (auto filled = client.fill(); !filled) return lose(index, std::move(filled).error());
        if (auto taken = publisher.take_frames(); !taken)
            return lose(index, std::move(taken).error());
    }
    publisher.fill(now);
    if (auto flushed = client.flush(); !flushed) return lose(index, std::move(flushed).error());
    const bool wants_room = client.unsent() > 0;
    if (wants_room != connection.wants_room) {
        poller_.change(
            client.fd(), index, wants_room ? Poller::Wants::input_and_room : Poller::Wants::input);
        connection.wants_room = wants_room;
    }
    return ok();
}

Result<void> PublisherGroup::lose(size_t index, Error error) {
    if (!context_.options.reconnect || !is_worth_a_retry(error.code)) return error;
    connections_[index].publisher.detach();
    connections_[index].retry_ns = now_ns() + kRetryIntervalNs;
    return ok();
}

bool PublisherGroup::finished(int64_t now_ns) const {
    return std::ranges::all_of(connections_, [now_ns](const Connection& connection) {
        const Publisher& publisher = connection.publisher;
        // What a lost connection has not confirmed will not be confirmed any more.
        return publisher.done(now_ns) &&
               (publisher.client() == nullptr ||
                (publisher.client()->unsent() == 0 && publisher.unconfirmed() == 0));
    });
}

int64_t PublisherGroup::next_wakeup_ns(int64_t now_ns) const {
    constexpr int64_t kTickNs = 50 * kMillisecondNs;
    int64_t wakeup_ns = now_ns + kTickNs;
    for (const Connection& connection : connections_) {
        const Publisher& publisher = connection.publisher;
        if (publisher.client() == nullptr) {
            if (!publisher.done(now_ns)) wakeup_ns = std::min(wakeup_ns, connection.retry_ns);
        } else if (publisher.is_ready(now_ns)) {
            wakeup_ns = now_ns;  // all was sent at once: no room to wait for
        } else if (context_.options.rate > 0 && publisher.next_due_ns() > now_ns) {
            wakeup_ns = std::min(wakeup_ns, publisher.next_due_ns());
        }
    }
    return wakeup_ns;
}

Result<void> PublisherGroup::say_goodbye() {
    for (size_t i = 0; i < connections_.size(); ++i) {
        Publisher& publisher = connections_[i].publisher;
        if (publisher.client() == nullptr) continue;
        if (auto closed = publisher.client()->close(); !closed) {
            VARVE_TRY(lose(i, std::move(closed).error()));
        } else if (context_.options.confirm_window == 0) {
            PublisherAccount& account = context_.ledger.account(i);
            account.confirmed.add_range(account.attempted - publisher.published(),
                                        account.attempted);
        }
    }
    return ok();
}

uint64_t PublisherGroup::unconfirmed() const {
    uint64_t sum = 0;
    for (const Connection& connection : connections_) sum += connection.publisher.unconfirmed();
    return sum;
}

}  // namespace varve::load
