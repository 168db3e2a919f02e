#include "server/amqp/publish_assembler.h"

#include <gtest/gtest.h>

namespace varve::amqp {
namespace {

BasicPublish publish_to(ByteView exchange, ByteView routing_key) {
    BasicPublish publish;
    publish.exchange = exchange;
    publish.routing_key = routing_key;
    return publish;
}
ContentHeader header_of(uint64_t body_size, ByteView properties = "\0\0") {
    return {60, body_size, properties};
}

TEST(PublishAssembler, MessageInOneBufferIsNotCopied) {
    PublishAssembler assembler;
    const std::string body = "hello";

    assembler.method(publish_to("x", "k"));
    ASSERT_FALSE(assembler.header(header_of(5, "pp"), 100));
    ASSERT_FALSE(assembler.complete());
    ASSERT_FALSE(assembler.body(body));

    const auto message = assembler.complete();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->exchange, "x");
    EXPECT_EQ(message->routing_key, "k");
    EXPECT_EQ(message->properties, "pp");
    EXPECT_EQ(message->body.data(), body.data());
}

TEST(PublishAssembler, EmptyBodyNeedsNoBodyFrame) {
    PublishAssembler assembler;
    assembler.method(publish_to("", "q"));
    ASSERT_FALSE(assembler.header(header_of(0), 100));

    ASSERT_TRUE(assembler.complete());
    EXPECT_EQ(assembler.complete()->body, "");
}

TEST(PublishAssembler, MessageSurvivesTheLossOfItsBuffers) {
    PublishAssembler assembler;
    const auto lose = [](std::string& text) { text.assign(text.size(), '!'); };

    std::string first = "exchange+key";
    assembler.method(publish_to(ByteView(first).substr(0, 8), ByteView(first).substr(9)));
    assembler.keep();
    lose(first);
    std::string second = "properties";
    ASSERT_FALSE(assembler.header(header_of(6, second), 100));
    assembler.keep();
    lose(second);
    std::string third = "abc";
    ASSERT_FALSE(assembler.body(third));
    assembler.keep();
    lose(third);
    ASSERT_FALSE(assembler.body("def"));

    const auto message = assembler.complete();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->exchange, "exchange");
    EXPECT_EQ(message->routing_key, "key");
    EXPECT_EQ(message->properties, "properties");
    EXPECT_EQ(message->body, "abcdef");
}

TEST(PublishAssembler, IsReadyForTheNextMessageAfterReset) {
    PublishAssembler assembler;
    assembler.method(publish_to("x", "a"));
    ASSERT_FALSE(assembler.header(header_of(4), 100));
    ASSERT_FALSE(assembler.body("ab"));
    ASSERT_FALSE(assembler.body("cd"));
    ASSERT_TRUE(assembler.complete());
    assembler.reset();

    EXPECT_TRUE(assembler.is_idle());
    assembler.method(publish_to("x", "b"));
    ASSERT_FALSE(assembler.header(header_of(1), 100));
    ASSERT_FALSE(assembler.body("e"));
    EXPECT_EQ(assembler.complete()->body, "e");
}

TEST(PublishAssembler, TooLargeABodyIsRefusedBeforeItComes) {
    PublishAssembler assembler;
    assembler.method(publish_to("x", "k"));

    const auto refusal = assembler.header(header_of(101), 100);

    ASSERT_TRUE(refusal);
    EXPECT_EQ(reply_text(*refusal),
              "PRECONDITION_FAILED - message size 101 is larger than configured max size 100");
}

TEST(PublishAssembler, ContentOutOfOrderIsRefused) {
    PublishAssembler assembler;
    EXPECT_EQ(assembler.header(header_of(1), 100)->code, ReplyCode::unexpected_frame);
    EXPECT_EQ(assembler.body("x")->code, ReplyCode::unexpected_frame);

    assembler.method(publish_to("x", "k"));
    EXPECT_EQ(assembler.body("x")->code, ReplyCode::unexpected_frame);
    EXPECT_EQ(assembler.header({50, 1, "\0\0"}, 100)->code, ReplyCode::unexpected_frame);
    ASSERT_FALSE(assembler.header(header_of(1), 100));
    EXPECT_EQ(assembler.body("xy")->code, ReplyCode::unexpected_frame);
}

}  // namespace
}  // namespace varve::amqp
