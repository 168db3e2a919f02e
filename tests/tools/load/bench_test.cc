#include "tools/load/bench.h"

#include "tests/tools/load/echo_broker.h"
#include "tools/load/report_text.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace varve::load {
namespace {

Options small_run(const EchoBroker& broker) {
    Options options;
    options.uri.port = broker.port();
    options.count = 1000;
    options.size = 100;
    options.confirm_window = 50;
    options.drain = std::chrono::seconds(1);
    return options;
}

Report report_of(const Faults& faults) {
    EchoBroker broker(faults);
    return must(run_bench(small_run(broker)));
}

TEST(Bench, AgainstAnHonestBrokerEverythingIsCountedAndTheCheckPasses) {
    EchoBroker broker(Faults{});
    Options options = small_run(broker);
    options.publishers = 3;
    options.consumers = 2;
    options.queues = 5;

    const Report report = must(run_bench(options));

    EXPECT_TRUE(report.passed()) << report_text(report, options);
    EXPECT_EQ(report.attempted, 1000u);
    EXPECT_EQ(report.confirmed, 1000u);
    EXPECT_EQ(report.received, 1000u);
    EXPECT_EQ(report.published.count, 1000u);
    EXPECT_EQ(report.delivered.count, 1000u);
    EXPECT_EQ(report.confirm_latency.count(), 1000u);
    EXPECT_EQ(report.deliver_latency.count(), 1000u);
    EXPECT_GT(report.deliver_latency.at(0.5), 0);
}

TEST(Bench, BodiesOfEverySizeComeBackWhole) {
    for (const uint32_t size : {24u, 25u, 131072u - 8, 131072u - 7, 300'000u}) {
        EchoBroker broker(Faults{});
        Options options = small_run(broker);
        options.size = size;
        options.count = 20;
        options.confirm_window = 0;
        EXPECT_TRUE(must(run_bench(options)).passed()) << size;
    }
}

TEST(Bench, WithoutConfirmsAPublisherWaitsForTheSocketAlone) {
    EchoBroker broker(Faults{});
    Options options = small_run(broker);
    options.confirm_window = 0;
    options.size = 64 << 10;  // two of them fill the outbox
    options.count = 400;

    const Report report = must(run_bench(options));

    // 25 MiB on the loopback. One tick of the poller for each outbox would make it 10 s.
    EXPECT_LT(report.published.seconds, 5);
}

TEST(Bench, SettingsThatMakeNoSenseAreRefusedByName) {
    Options options;
    options.queues = 0;
    const auto refused = validate(options);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail.find("--queues"), std::string::npos);
}

TEST(Bench, ALostMessageIsFound) {
    const Report report = report_of({.lose = 500});
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.findings.lost.count, 1u);
    EXPECT_EQ(report.findings.lost.first, "publisher 0, sequence number 500");
}

TEST(Bench, ADuplicateIsAFaultUnlessItIsMarkedAsRedelivered) {
    const Report duplicate = report_of({.duplicate = 500});
    EXPECT_EQ(duplicate.findings.duplicate.count, 1u);
    EXPECT_FALSE(duplicate.passed());

    const Report redelivered = report_of({.redeliver = 500});
    EXPECT_TRUE(redelivered.passed());
    EXPECT_EQ(redelivered.redelivered, 1u);
}

TEST(Bench, DamageIsFound) {
    const Report report = report_of({.damage = 500});
    EXPECT_EQ(report.findings.damaged.count, 1u);
    EXPECT_EQ(report.findings.lost.count, 1u);
}

TEST(Bench, AWrongOrderIsFound) {
    const Report report = report_of({.delay = 500});
    EXPECT_EQ(report.findings.out_of_order.count, 1u);
    EXPECT_EQ(report.findings.lost.count, 0u);
}

TEST(Bench, ABrokerThatGoesAwayEndsTheRunUnlessItMayReconnect) {
    {
        EchoBroker broker(Faults{.disconnect = 500});
        const auto report = run_bench(small_run(broker));
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, ErrorCode::closed);
    }
    EchoBroker broker(Faults{.disconnect = 500});
    Options options = small_run(broker);
    options.reconnect = true;

    const Report report = must(run_bench(options));

    // What was on its way when the connection broke may have arrived or not. What was confirmed
    // has.
    EXPECT_EQ(report.attempted, 1000u);
    EXPECT_GE(report.confirmed, 900u);
    EXPECT_LT(report.confirmed, 1000u);
    EXPECT_EQ(report.reconnects, 2u);
    EXPECT_EQ(report.findings.invented.count + report.findings.duplicate.count, 0u);
}

TEST(Bench, ACheckGoesOnInAnotherRunThroughTheLedger) {
    EchoBroker broker(Faults{.lose = 7});
    Options options = small_run(broker);
    options.ledger_file = testing::TempDir() + "varve_bench_test_ledger";
    std::filesystem::remove(options.ledger_file);
    options.roles = Roles::publish_only;
    EXPECT_TRUE(must(run_bench(options)).passed());

    options.roles = Roles::consume_only;
    const Report report = must(run_bench(options));

    EXPECT_EQ(report.received, 999u);
    EXPECT_EQ(report.findings.lost.count, 1u);
    EXPECT_EQ(report.findings.count(), 1u);
    std::filesystem::remove(options.ledger_file);
}

TEST(Bench, ARateIsKeptAndNotExceeded) {
    EchoBroker broker(Faults{});
    Options options = small_run(broker);
    options.publishers = 2;
    options.count = 300;
    options.rate = 1000;

    const Report report = must(run_bench(options));

    EXPECT_TRUE(report.passed());
    // The last of 300 messages is due after 299 ms.
    EXPECT_GE(report.published.seconds, 0.299);
}

TEST(Bench, RefusedLoginsAndAbsentBrokersAreToldApart) {
    Options options;
    {
        EchoBroker broker(Faults{.refuse_login = true});
        options = small_run(broker);
        EXPECT_EQ(run_bench(options).error().code, ErrorCode::access_refused);
    }
    EXPECT_EQ(run_bench(options).error().code, ErrorCode::closed);
}

TEST(BenchReport, NamesWhatIsWrong) {
    Report report;
    report.findings.lost = {.count = 2, .first = "publisher 0, sequence number 7"};
    const Options options;
    EXPECT_NE(report_text(report, options).find("FAILED"), std::string::npos);
    EXPECT_NE(report_text(report, options).find("publisher 0, sequence number 7"),
              std::string::npos);
    EXPECT_NE(report_json(report, options).find(R"("passed":false)"), std::string::npos);
    EXPECT_NE(report_json(report, options).find(R"("lost":{"count":2)"), std::string::npos);
}

}  // namespace
}  // namespace varve::load
