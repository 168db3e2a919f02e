#include "server/diag/diag.h"

#include "server/diag/diag_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace varve {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class FixedClock : public Clock {
public:
    TimePoint now() const override { return now_; }
    std::chrono::nanoseconds monotonic() const override {
        return std::chrono::milliseconds(now_.ms);
    }
    void advance(std::chrono::milliseconds by) { now_ = now_ + by; }

private:
    TimePoint now_{1772357400125};  // 2026-03-01T09:30:00.125Z
};

struct Lines {
    FixedClock clock;
    std::vector<std::string> lines;
    Diag open(DiagOptions options) {
        return Diag(options, clock, [this](std::string_view line) { lines.emplace_back(line); });
    }
};

TEST(Diag, LineSaysWhenHowBadWhatAndTheFacts) {
    Lines to;
    Diag diag = to.open({});

    diag.warn("journal.tail_cut", {{"path", "/data/7.vj"}, {"bytes_cut", 512}, {"clean", false}});

    EXPECT_THAT(to.lines,
                ElementsAre("2026-03-01T09:30:00.125Z warn journal.tail_cut path=/data/7.vj "
                            "bytes_cut=512 clean=false\n"));
}

TEST(Diag, JsonLineHoldsTheSameFacts) {
    Lines to;
    Diag diag = to.open({DiagLevel::info, DiagFormat::json});

    diag.info("server.ready", {{"port", 5672u}, {"name", "a \"b\""}});

    EXPECT_THAT(
        to.lines,
        ElementsAre(
            R"({"time":"2026-03-01T09:30:00.125Z","level":"info","event":"server.ready","port":5672,)"
            R"("name":"a \"b\""})"
            "\n"));
}

TEST(Diag, WhatAClientSendsCannotBeginALineOfItsOwn) {
    const DiagField facts[] = {{"name", "a\nfake\xff"}};

    const std::string line =
        diag_line({TimePoint{0}, DiagLevel::info, "x", facts, 0}, DiagFormat::text);

    EXPECT_EQ(line, "1970-01-01T00:00:00.000Z info x name=\"a\\u000afake\\u00ff\"\n");
}

TEST(Diag, EventsBelowTheLevelAreDropped) {
    Lines to;
    Diag diag = to.open({DiagLevel::warn, DiagFormat::text});

    diag.info("a", {});
    diag.warn("b", {});

    EXPECT_THAT(to.lines, SizeIs(1));
}

TEST(Diag, AnEventThatRepeatsIsCountedInsteadOfWritten) {
    Lines to;
    Diag diag = to.open({});

    for (uint32_t i = 0; i < kDiagLinesPerSecond + 3; ++i) diag.info("loop", {});
    diag.info("other", {});
    to.clock.advance(std::chrono::seconds(1));
    diag.info("loop", {});

    ASSERT_THAT(to.lines, SizeIs(kDiagLinesPerSecond + 2));
    EXPECT_EQ(to.lines.back(), "2026-03-01T09:30:01.125Z info loop suppressed=3\n");
}

}  // namespace
}  // namespace varve
