#include "server/broker/definitions.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

QueueDefinition sample_queue() {
    const Id128 id = Id128::from_view("0123456789abcdef");
    return {.vhost = "/",
            .declaration = {.name = "work", .durable = true, .arguments = "arguments"},
            .id = QueueId{id},
            .logs = {LogId{id}, LogId{Id128::from_view("fedcba9876543210")}}};
}

TEST(Definitions, QueueComesBackAsItWas) {
    const QueueDefinition queue = sample_queue();
    const QueueDefinition back = must(decode_queue(encode(queue)));
    EXPECT_EQ(back.vhost, queue.vhost);
    EXPECT_EQ(back.id, queue.id);
    EXPECT_EQ(back.logs, queue.logs);
    EXPECT_EQ(back.declaration.name, "work");
    EXPECT_TRUE(back.declaration.durable);
    EXPECT_FALSE(back.declaration.exclusive);
    EXPECT_FALSE(back.declaration.auto_delete);
    EXPECT_EQ(back.declaration.arguments, "arguments");
}

TEST(Definitions, ExchangeComesBackAsItWas) {
    const ExchangeDefinition exchange{
        .vhost = "/",
        .declaration = {.name = "x", .type = "topic", .auto_delete = true, .internal = true}};
    const ExchangeDefinition back = must(decode_exchange(encode(exchange)));
    EXPECT_EQ(back.declaration.name, "x");
    EXPECT_EQ(back.declaration.type, "topic");
    EXPECT_TRUE(back.declaration.auto_delete);
    EXPECT_TRUE(back.declaration.internal);
    EXPECT_FALSE(back.declaration.durable);
}

TEST(Definitions, BindingComesBackAsItWas) {
    const BindingDefinition binding{.vhost = "v",
                                    .declaration = {.source = "x",
                                                    .target = BindingDeclaration::Target::exchange,
                                                    .destination = "y",
                                                    .routing_key = "k",
                                                    .arguments = "a"},
                                    .id = Id128::from_view("0123456789abcdef")};
    const BindingDefinition back = must(decode_binding(encode(binding)));
    EXPECT_EQ(back.id, binding.id);
    EXPECT_EQ(back.declaration.source, "x");
    EXPECT_EQ(back.declaration.target, BindingDeclaration::Target::exchange);
    EXPECT_EQ(back.declaration.destination, "y");
    EXPECT_EQ(back.declaration.routing_key, "k");
    EXPECT_EQ(back.declaration.arguments, "a");
}

TEST(Definitions, CursorComesBackAsItWas) {
    const CursorDefinition cursor{sample_queue().id, "billing"};
    EXPECT_EQ(must(decode_cursor(encode(cursor))), cursor);
    EXPECT_GT(cursor_key(cursor), queue_key(cursor.queue));
}

TEST(Definitions, PublisherComesBackAsItWas) {
    const PublisherDefinition publisher{sample_queue().id, "billing", 4711};
    EXPECT_EQ(must(decode_publisher(encode(publisher))), publisher);
    EXPECT_GT(publisher_key(publisher.queue, publisher.name), queue_key(publisher.queue));
}

TEST(Definitions, CutOffAnywhereIsDamageAndNothingElse) {
    const std::string whole = encode(sample_queue());
    for (size_t size = 0; size < whole.size(); ++size) {
        const auto decoded = decode_queue(ByteView(whole).substr(0, size));
        ASSERT_FALSE(decoded) << size;
        EXPECT_EQ(decoded.error().code, ErrorCode::corrupt) << size;
    }
}

TEST(Definitions, LaterVersionIsToldFromDamage) {
    std::string later = encode_vhost("/");
    later[0] = 2;
    EXPECT_EQ(decode_vhost(later).error().code, ErrorCode::newer_format);
}

TEST(Definitions, VhostSortsBeforeWhatIsInIt) {
    const QueueDefinition queue = sample_queue();
    EXPECT_LT(vhost_key("zzz"), exchange_key("a", "x"));
    EXPECT_LT(exchange_key("z", "x"), queue_key(queue.id));
    EXPECT_LT(queue_key(queue.id), binding_key(queue.id));
}

}  // namespace
}  // namespace varve
