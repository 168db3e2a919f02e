#include "engine/entry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve {
namespace {

const LogId kLog{*Id128::from_hex("00112233445566778899aabbccddeeff")};

std::string encoded(const Entry& entry) {
    std::string out;
    encode_entry(out, entry);
    return out;
}

Result<Entry> decoded(ByteView bytes) {
    ByteReader reader(bytes);
    auto entry = decode_entry(reader);
    EXPECT_TRUE(!entry || reader.at_end());
    return entry;
}

std::string ranges(std::initializer_list<OffsetRange> list) {
    std::string out;
    for (const OffsetRange range : list) RangeList::encode(out, range);
    return out;
}

std::vector<Entry> one_of_each() {
    static const std::string two_ranges = ranges({{{3}, {4}}, {{10}, {2000}}});
    const RetentionPolicy retention{.bytes = 7_MiB, .age = std::chrono::hours(3)};
    return {AppendEntry{kLog, "a batch"},
            SettleEntry{kLog, {1}, Outcome::rejected, RangeList(two_ranges)},
            DeliveredEntry{kLog, kQueueCursor, {17}},
            ReturnedEntry{kLog, {18}, 3},
            TrimEntry{kLog, {19}},
            PurgeEntry{kLog, {{20}, {30}}},
            LogCreateEntry{kLog, retention},
            LogRetentionEntry{kLog, retention},
            LogDeleteEntry{kLog},
            CursorCreateEntry{kLog, {2}, {40}},
            CursorDeleteEntry{kLog, {2}},
            PutEntry{3, "id", "value"},
            EraseEntry{3, "id"},
            BootEntry{BootEntry::Event::stopped},
            HoleEntry{kLog, {{50}, {60}}}};
}

TEST(Entry, EveryKindComesBackAsItWasWritten) {
    for (const Entry& entry : one_of_each()) {
        const std::string bytes = encoded(entry);

        const auto back = decoded(bytes);

        ASSERT_TRUE(back) << back.error().detail;
        EXPECT_EQ(back->index(), entry.index());
        EXPECT_EQ(encoded(*back), bytes);
    }
}

TEST(Entry, SettledRangesKeepTheirOrder) {
    const std::string bytes = encoded(one_of_each()[1]);

    const auto back = decoded(bytes);

    ASSERT_TRUE(back);
    const auto& settle = std::get<SettleEntry>(*back);
    ASSERT_EQ(settle.ranges.count(), 2u);
    EXPECT_EQ(settle.ranges[0], (OffsetRange{{3}, {4}}));
    EXPECT_EQ(settle.ranges[1], (OffsetRange{{10}, {2000}}));
    EXPECT_EQ(settle.outcome, Outcome::rejected);
}

TEST(Entry, AppendPrefixIsWhatStandsInFrontOfTheBatch) {
    const std::string batch = "some encoded batch";
    char prefix[kAppendPrefixSize];

    encode_append_prefix(prefix, kLog, batch.size());

    EXPECT_EQ(std::string(prefix, sizeof prefix) + batch, encoded(AppendEntry{kLog, batch}));
}

TEST(Entry, EveryShorterPieceIsDamage) {
    for (const Entry& entry : one_of_each()) {
        const std::string bytes = encoded(entry);
        for (size_t size = 0; size < bytes.size(); ++size) {
            const auto back = decoded(ByteView(bytes).substr(0, size));
            ASSERT_FALSE(back);
            EXPECT_EQ(back.error().code, ErrorCode::corrupt);
        }
    }
}

TEST(Entry, UnknownTypesAndVersionsComeFromANewerProgram) {
    std::string type = encoded(LogDeleteEntry{kLog});
    type[0] = 100;
    std::string version = encoded(LogDeleteEntry{kLog});
    version[1] = kEntryVersion + 1;

    EXPECT_EQ(decoded(type).error().code, ErrorCode::newer_format);
    EXPECT_EQ(decoded(version).error().code, ErrorCode::newer_format);
}

TEST(Entry, FieldsThatNobodyWritesAreDamage) {
    std::string negative = encoded(TrimEntry{kLog, {1}});
    negative.back() = '\x80';
    const std::string backwards = encoded(PurgeEntry{kLog, {{5}, {4}}});
    std::string outcome = encoded(SettleEntry{kLog, {}, Outcome::acked, {}});
    outcome.back() = 7;
    std::string longer = encoded(LogDeleteEntry{kLog}) + "x";
    longer[8] = 17;

    for (const std::string& bytes : {negative, backwards, outcome, longer}) {
        EXPECT_EQ(decoded(bytes).error().code, ErrorCode::corrupt);
    }
}

}  // namespace
}  // namespace varve
