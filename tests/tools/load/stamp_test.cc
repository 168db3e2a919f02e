#include "tools/load/stamp.h"

#include <gtest/gtest.h>

#include <string>

namespace varve::load {
namespace {

const Pattern& pattern() {
    static const Pattern kPattern;
    return kPattern;
}

std::string body_of(const Stamp& stamp, size_t size) {
    const auto head = encode_stamp(stamp, size);
    std::string body(head.data(), head.size());
    while (body.size() < size)
        body += pattern().piece(stamp, body.size() - kStampSize, size - body.size());
    return body;
}

std::optional<Stamp> checked(const std::string& body, size_t piece) {
    BodyCheck check(pattern(), body.size());
    for (size_t at = 0; at < body.size(); at += piece) check.take(ByteView(body).substr(at, piece));
    EXPECT_TRUE(check.complete());
    return check.stamp();
}

constexpr Stamp kStamp{.run = 1, .publisher = 2, .sequence = 3'000'000'000, .sent_ns = 4};

TEST(Stamp, AnIntactBodyGivesItsStampHoweverItsFramesAreCut) {
    for (const size_t size : {kStampSize, kStampSize + 1, size_t{1024}, size_t{100'000}}) {
        for (const size_t piece : {size_t{7}, size_t{4088}, size_t{200'000}}) {
            EXPECT_EQ(checked(body_of(kStamp, size), piece), kStamp)
                << size << " in pieces of " << piece;
        }
    }
}

TEST(Stamp, EveryChangedByteIsFound) {
    const std::string body = body_of(kStamp, 300);
    for (size_t at = 0; at < body.size(); ++at) {
        std::string damaged = body;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_EQ(checked(damaged, 4088), std::nullopt) << at;
    }
}

TEST(Stamp, ACutOffBodyAndOneWithoutAStampAreFound) {
    EXPECT_EQ(checked(body_of(kStamp, 300).substr(0, 299), 4088), std::nullopt);
    EXPECT_EQ(checked("short", 4088), std::nullopt);
}

TEST(Stamp, FillingsOfTwoMessagesDiffer) {
    Stamp next = kStamp;
    ++next.sequence;
    EXPECT_EQ(
        checked(body_of(kStamp, 300).substr(0, kStampSize) + body_of(next, 300).substr(kStampSize),
                4088),
        std::nullopt);
}

}  // namespace
}  // namespace varve::load
