#include "tools/load/bench.h"

#include "tools/load/clock.h"
#include "tools/load/consumer_group.h"
#include "tools/load/publisher_group.h"
#include "tools/load/stop_signal.h"
#include "tools/load/topology.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <sys/resource.h>
#include <thread>

namespace varve::load {

namespace {

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

LedgerShape shape_of(const Options& options) {
    std::random_device random;
    return {.run = static_cast<uint16_t>(random()),
            .publishers = options.publishers,
            .queues = options.queues,
            .exchange = options.exchange};
}

Result<std::unique_ptr<Ledger>> open_ledger(const Options& options) {
    if (!options.ledger_file.empty()) {
        auto ledger = Ledger::load(options.ledger_file);
        if (ledger) {
            LedgerShape wanted = shape_of(options);
            wanted.run = (*ledger)->shape().run;
            if (options.roles == Roles::consume_only)
                wanted.publishers = (*ledger)->shape().publishers;
            if (wanted == (*ledger)->shape()) return ledger;
            return Error{ErrorCode::invalid_argument,
                         options.ledger_file +
                             " was written with other --publishers, --queues or --exchange"};
        }
        if (ledger.error().code != ErrorCode::not_found || options.roles == Roles::consume_only)
            return ledger;
    }
    if (options.roles == Roles::consume_only)
        return Ledger::of_unknown_publisher(options.queues, options.exchange);
    return std::make_unique<Ledger>(shape_of(options));
}

// The threads of a run. They are joined at the latest when it is destroyed.
class Run {
public:
    Run(const Options& options, Ledger& ledger, StopSignal& stop)
        : options_(options), ledger_(ledger), stop_(stop) {
        if (options.publishes()) publishers_.emplace(options, ledger, state_);
        if (options.consumes()) consumers_.emplace(options, ledger, state_);
    }

    Result<void> connect() {
        if (consumers_) VARVE_TRY(consumers_->connect());
        if (publishers_) VARVE_TRY(publishers_->connect());
        return ok();
    }

    // Runs both threads to their end and fills the report.
    Result<void> execute(Report& report) {
        const double cpu_begin = cpu_seconds();
        const Schedule schedule = begin();
        std::jthread publishing([&] { publish(schedule); });
        std::jthread consuming([&] { consume(schedule); });
        watch(schedule, report);
        publishing.join();
        consuming.join();
        const double wall = static_cast<double>(now_ns() - schedule.begin_ns) / 1e9;
        report.cpu_cores = (cpu_seconds() - cpu_begin) / wall;
        VARVE_TRY(publish_outcome_);
        VARVE_TRY(consume_outcome_);
        fill_report(schedule, report);
        return ok();
    }

private:
    Schedule begin() {
        Schedule schedule;
        schedule.begin_ns = now_ns();
        schedule.measure_begin_ns = schedule.begin_ns + options_.warmup.count();
        schedule.publish_end_ns = std::numeric_limits<int64_t>::max();
        if (options_.duration)
            schedule.publish_end_ns = schedule.measure_begin_ns + options_.duration->count();
        if (!publishers_) {
            state_.publishing_done = true;
            state_.drain_end_ns = options_.duration
                                      ? schedule.publish_end_ns
                                      : schedule.measure_begin_ns + options_.drain.count();
        }
        return schedule;
    }

    void publish(const Schedule& schedule) {
        if (publishers_) {
            publish_outcome_ = publishers_->run(schedule);
            if (!publish_outcome_) state_.abandon = true;
            state_.drain_end_ns = now_ns() + options_.drain.count();
            state_.publishing_done.store(true, std::memory_order_release);
        }
        finished_.fetch_add(1);
        stop_.wake();
    }

    void consume(const Schedule& schedule) {
        if (consumers_) {
            consume_outcome_ = consumers_->run(schedule);
            if (!consume_outcome_) state_.abandon = true;
        }
        finished_.fetch_add(1);
        stop_.wake();
    }

    // Notes what happens each second, until both threads have ended.
    void watch(const Schedule& schedule, Report& report) {
        Second before;
        int64_t next_ns = schedule.begin_ns + kSecondNs;
        while (finished_.load() < 2) {
            if (stop_.wait_until(next_ns)) stop_requested();
            if (now_ns() < next_ns) continue;
            next_ns += kSecondNs;
            const Second total{.published = state_.published, .delivered = state_.delivered};
            report.seconds.push_back({.published = total.published - before.published,
                                      .delivered = total.delivered - before.delivered});
            before = total;
        }
    }

    // The first time, nothing more is published; the second time nobody waits for what is on its
    // way.
    void stop_requested() {
        if (!publishers_ || state_.stop_publishing) state_.drain_end_ns = 0;
        if (state_.stop_publishing) state_.abandon = true;
        state_.stop_publishing = true;
    }

    void fill_report(const Schedule& schedule, Report& report) {
        const auto throughput = [&schedule](const Meter& meter) {
            const int64_t span_ns = meter.last_ns - schedule.measure_begin_ns;
            return Throughput{.count = meter.count,
                              .seconds = static_cast<double>(std::max<int64_t>(span_ns, 0)) / 1e9};
        };
        if (publishers_) {
            const PublishContext& results = publishers_->results();
            report.published = throughput(results.published);
            report.confirm_latency = results.confirm_latency;
            report.refused = results.refused;
            report.blocked = results.blocked;
            report.unconfirmed = options_.reconnect ? 0 : publishers_->unconfirmed();
            report.reconnects += publishers_->reconnects();
        }
        if (consumers_) {
            const ConsumeContext& results = consumers_->results();
            report.delivered = throughput(results.delivered);
            report.deliver_latency = results.deliver_latency;
            report.findings = results.checker.findings();
            report.redelivered = results.checker.redelivered();
            report.reconnects += consumers_->reconnects();
            const Ledger::Missing missing = ledger_.missing();
            report.findings.lost = {.count = missing.count, .first = missing.first};
            report.drain_cut_off =
                missing.count > 0 && now_ns() - results.last_arrival_ns < kSecondNs;
        }
        report.attempted = ledger_.attempted();
        report.confirmed = ledger_.confirmed();
        report.received = ledger_.received();
    }

    const Options& options_;
    Ledger& ledger_;
    StopSignal& stop_;
    RunState state_;
    std::optional<PublisherGroup> publishers_;
    std::optional<ConsumerGroup> consumers_;
    Result<void> publish_outcome_;
    Result<void> consume_outcome_;
    std::atomic<int> finished_{0};
};

}  // namespace

Result<Report> run_bench(const Options& options) {
    VARVE_TRY(const std::unique_ptr<Ledger> ledger, open_ledger(options));
    const bool fresh = options.publishes() && ledger->attempted() == 0;
    VARVE_TRY(auto control, Client::connect(options.uri));
    VARVE_TRY(declare_topology(*control, options, fresh ? Backlog::refused : Backlog::expected));

    StopSignal stop;
    Report report;
    Run run(options, *ledger, stop);
    Result<void> outcome = run.connect();
    if (outcome) {
        outcome = run.execute(report);
        if (!outcome && outcome.error().code == ErrorCode::closed)
            outcome =
                Error{ErrorCode::closed, std::string(kBrokerWentAway) + outcome.error().detail};
    }
    if (!options.ledger_file.empty()) VARVE_TRY(ledger->save(options.ledger_file));
    VARVE_TRY(outcome);
    if (!options.keep) {
        // The first connection may have died with the broker.
        VARVE_TRY(control, Client::connect(options.uri));
        VARVE_TRY(delete_topology(*control, options));
    }
    return report;
}

}  // namespace varve::load
