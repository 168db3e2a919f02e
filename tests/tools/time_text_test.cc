#include "tools/text/time_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace varve {
namespace {

// A zone with daylight saving, two hours east of UTC in May.
class TimeText : public testing::Test {
protected:
    TimeText() { set_zone("CET-1CEST,M3.5.0,M10.5.0/3"); }
    ~TimeText() override { set_zone("UTC0"); }

    static void set_zone(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
    static std::string parsed(std::string_view text) {
        const auto time = parse_time(text, kNow);
        return time ? utc_text(*time) : "refused";
    }

    // 2026-05-04T14:03:11.490+02:00
    static constexpr TimePoint kNow{1'777'896'191'490};
};

TEST_F(TimeText, IsRfc3339WithMilliseconds) {
    EXPECT_EQ("2026-05-04T12:03:11.490Z", utc_text(kNow));
    EXPECT_EQ("2026-05-04T14:03:11.490+02:00", local_text(kNow));
    EXPECT_EQ("2026-05-04 14:03:11.490", column_text(kNow));
    EXPECT_EQ("1969-12-31T23:59:59.999Z", utc_text({-1}));
}

TEST_F(TimeText, TimesBeyondTheCalendarAreStillPrinted) {
    EXPECT_EQ("@9223372036854775807ms", utc_text({INT64_MAX}));
    EXPECT_EQ("@-9223372036854775808ms", local_text({INT64_MIN}));
    EXPECT_EQ("@-9223372036854775808ms", column_text({INT64_MIN}));
}

TEST_F(TimeText, ADurationMeansThatLongAgo) {
    EXPECT_EQ("2026-05-04T11:53:11.490Z", parsed("10m"));
    EXPECT_EQ("2026-05-04T10:33:11.490Z", parsed("1h30m"));
    EXPECT_EQ("2026-05-02T12:03:11.490Z", parsed("2d"));
    EXPECT_EQ("2026-05-04T12:03:11.240Z", parsed("250ms"));
    EXPECT_EQ("2026-05-04T12:03:11.490Z", parsed("now"));
}

TEST_F(TimeText, ATimeOfDayIsTheLastOneInTheLocalZone) {
    EXPECT_EQ("2026-05-04T12:00:00.000Z", parsed("14:00"));
    EXPECT_EQ("2026-05-03T12:30:05.250Z", parsed("14:30:05.25"));
}

TEST_F(TimeText, YesterdayIsCountedByTheCalendarAcrossTheChangeOfClocks) {
    // 2026-03-29 is the day that has only 23 hours; 01:00 UTC on the 30th is 03:00 local.
    const auto time = parse_time("03:30", {1'774'832'400'000});
    ASSERT_TRUE(time);
    EXPECT_EQ("2026-03-29T03:30:00.000+02:00", local_text(*time));
}

TEST_F(TimeText, ADateWithoutAZoneIsLocal) {
    EXPECT_EQ("2026-05-03T22:00:00.000Z", parsed("2026-05-04"));
    EXPECT_EQ("2026-05-04T12:00:00.000Z", parsed("2026-05-04T14:00"));
    EXPECT_EQ("2026-05-04T12:00:07.500Z", parsed("2026-05-04 14:00:07.5"));
}

TEST_F(TimeText, ADateWithAZoneIsThatMoment) {
    EXPECT_EQ("2026-05-04T14:00:00.000Z", parsed("2026-05-04T14:00:00Z"));
    EXPECT_EQ("2026-05-04T08:30:00.123Z", parsed("2026-05-04T14:00:00.123456+05:30"));
    EXPECT_EQ("2026-05-04T19:00:00.000Z", parsed("2026-05-04T14:00-05:00"));
    EXPECT_EQ(utc_text(kNow), parsed(local_text(kNow)));
    EXPECT_EQ(utc_text(kNow), parsed(column_text(kNow)));
}

TEST_F(TimeText, AnAtSignMeansSecondsSince1970) {
    EXPECT_EQ("2026-05-04T12:03:11.490Z", parsed("@1777896191.49"));
    EXPECT_EQ("1970-01-01T00:00:00.000Z", parsed("@0"));
}

TEST_F(TimeText, AnythingElseIsRefusedWithExamples) {
    for (const char* text : {"",
                             "soon",
                             "10",
                             "10x",
                             "-5m",
                             "14:60",
                             "24:00",
                             "14:00:",
                             "2026-02-30",
                             "2026-13-01",
                             "2026-05-04T",
                             "2026-05-04T14:00:00Q",
                             "2026-05-04T14:00:00Zx",
                             "@",
                             "@1e9",
                             "@99999999999999999",
                             "9999999999999999999d",
                             "999999999999w"}) {
        const auto time = parse_time(text, kNow);
        ASSERT_FALSE(time) << text;
        EXPECT_EQ(ErrorCode::invalid_argument, time.error().code);
        EXPECT_NE(std::string::npos, time.error().detail.find("write 10m")) << time.error().detail;
    }
}

TEST_F(TimeText, DurationsReadInOneUnit) {
    using std::chrono::milliseconds;
    EXPECT_EQ("0.21 s", duration_text(milliseconds(210)));
    EXPECT_EQ("41 s", duration_text(milliseconds(41'000)));
    EXPECT_EQ("18 m", duration_text(milliseconds(18 * 60'000)));
    EXPECT_EQ("6 d", duration_text(milliseconds(6 * 86'400'000)));
}

}  // namespace
}  // namespace varve
