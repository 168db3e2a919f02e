#include "server/amqp/wire/methods.h"

#include <gtest/gtest.h>

#include <set>

namespace varve::amqp {
namespace {

template <typename M>
std::string encoded(const M& method) {
    std::string out;
    encode(method, out);
    return out;
}

// Calls `test` with a default-constructed Method of every alternative.
template <typename Test, size_t... I>
void for_each_method(const Test& test, std::index_sequence<I...> /*all*/) {
    (test(Method(std::in_place_index<I>)), ...);
}
template <typename Test>
void for_each_method(const Test& test) {
    for_each_method(test, std::make_index_sequence<std::variant_size_v<Method>>());
}

MethodId id_of(const Method& method) {
    return std::visit([](const auto& m) { return m.kId; }, method);
}

TEST(Methods, EveryOneDecodesToWhatWasEncoded) {
    size_t count = 0;
    for_each_method([&count](const Method& method) {
        const std::string bytes = encoded(method);

        const Method read = must(decode_method(bytes));

        EXPECT_EQ(read.index(), method.index()) << method_name(id_of(method));
        EXPECT_EQ(encoded(read), bytes);
        ++count;
    });
    EXPECT_EQ(count, 66u);
}

TEST(Methods, EveryOneHasItsOwnIdAndName) {
    std::set<std::string> names;
    std::set<MethodId> ids;
    for_each_method([&](const Method& method) {
        names.emplace(method_name(id_of(method)));
        ids.insert(id_of(method));
    });
    EXPECT_EQ(names.size(), std::variant_size_v<Method>);
    EXPECT_EQ(ids.size(), std::variant_size_v<Method>);
    EXPECT_FALSE(names.contains(""));
}

TEST(Methods, EveryOneIsRefusedWhenItIsCutShortOrTooLong) {
    for_each_method([](const Method& method) {
        const std::string bytes = encoded(method);
        for (size_t size = 4; size < bytes.size(); ++size) {
            const auto cut = decode_method(ByteView(bytes).substr(0, size));
            ASSERT_FALSE(cut) << method_name(id_of(method)) << " of " << size << " bytes";
            EXPECT_EQ(cut.error().code, ErrorCode::invalid_argument);
        }
        EXPECT_FALSE(decode_method(bytes + "x")) << method_name(id_of(method));
    });
}

TEST(Methods, AnUnknownIdIsToldApartFromMalformedArguments) {
    const auto unknown = decode_method(std::string_view("\0\x3c\0\x63", 4));
    EXPECT_EQ(unknown.error().code, ErrorCode::not_implemented);
    EXPECT_EQ(unknown.error().detail, "unknown method 60.99");
    EXPECT_EQ(decode_method("abc").error().code, ErrorCode::invalid_argument);
}

// The bytes that the specification prescribes, written out by hand.
TEST(Methods, BytesAreThoseOfTheSpecification) {
    EXPECT_EQ(encoded(BasicPublish{.exchange = "x", .routing_key = "key", .mandatory = true}),
              std::string("\0\x3c\0\x28"  // basic.publish
                          "\0\0"          // reserved
                          "\1x"
                          "\3key"
                          "\1",
                          13));
    EXPECT_EQ(encoded(ConnectionTuneOk{.channel_max = 2047, .frame_max = 131072, .heartbeat = 60}),
              std::string("\0\x0a\0\x1f\x07\xff\0\2\0\0\0\x3c", 12));
    EXPECT_EQ(encoded(BasicAck{.delivery_tag = 258, .multiple = true}),
              std::string("\0\x3c\0\x50\0\0\0\0\0\0\1\2\1", 13));
}

TEST(Methods, EachBitHasItsOwnPlace) {
    const auto bits_of = [](const QueueDeclare& method) {
        const std::string bytes = encoded(method);
        return static_cast<int>(bytes[4 + 2 + 1]);
    };
    EXPECT_EQ(bits_of({.passive = true}), 1);
    EXPECT_EQ(bits_of({.durable = true}), 2);
    EXPECT_EQ(bits_of({.exclusive = true}), 4);
    EXPECT_EQ(bits_of({.auto_delete = true}), 8);
    EXPECT_EQ(bits_of({.no_wait = true}), 16);

    const std::string bytes = encoded(QueueDeclare{.durable = true, .auto_delete = true});
    const Method read = must(decode_method(bytes));
    const auto& declare = std::get<QueueDeclare>(read);
    EXPECT_TRUE(declare.durable && declare.auto_delete);
    EXPECT_FALSE(declare.passive || declare.exclusive || declare.no_wait);
}

TEST(Methods, ATextForPeopleIsCutBetweenCharacters) {
    const std::string text = std::string(251, 'a') + "\xc3\xa9 and more";

    const std::string bytes = encoded(ChannelClose{.reply_code = 404, .reply_text = text});
    const Method read = must(decode_method(bytes));

    EXPECT_EQ(std::get<ChannelClose>(read).reply_text, std::string(251, 'a') + "...");
}

TEST(Methods, ContentAndReplyAreKnownFromTheTable) {
    static_assert(BasicPublish::kHasContent && BasicDeliver::kHasContent &&
                  BasicGetOk::kHasContent);
    static_assert(!BasicAck::kHasContent);
    static_assert(std::is_same_v<QueueDeclare::Reply, QueueDeclareOk>);
}

}  // namespace
}  // namespace varve::amqp
