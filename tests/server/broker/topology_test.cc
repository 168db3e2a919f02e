// Where messages go: exchanges of every kind, bindings between them, and what goes when something
// is deleted.
#include "server/broker/topology.h"

#include "server/message/field_table.h"
#include "tests/support/seeded_rng.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace varve {
namespace {

using namespace amqp;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Target = BindingDeclaration::Target;

class Routing : public ::testing::Test {
protected:
    Routing() {
        topology_.apply(VhostAdded{"/"});
        for (const auto& [name, type] : {std::pair("direct", &kDirectExchange),
                                         std::pair("fanout", &kFanoutExchange),
                                         std::pair("topic", &kTopicExchange),
                                         std::pair("headers", &kHeadersExchange)})
            topology_.apply(ExchangeAdded{"/", name, {.type = type}});
        for (const char* name : {"a", "b", "c"}) add_queue(name);
    }
    void add_queue(const std::string& name) {
        auto queue = std::make_shared<QueueEntry>();
        queue->id = QueueId{Id128{{static_cast<uint8_t>(queues_.size())}}};
        queue->vhost = "/";
        queue->name = name;
        queues_[name] = queue;
        topology_.apply(QueueAdded{queue});
    }
    void remove_queue(const std::string& name) { topology_.apply(QueueRemoved{queues_[name]}); }
    void bind(BindingDeclaration binding) {
        topology_.apply(BindingAdded{"/", {.declaration = std::move(binding)}});
    }
    void bind_queue(const std::string& source,
                    const std::string& queue,
                    const std::string& key = "",
                    const FieldTable& arguments = {}) {
        bind({.source = source,
              .destination = queue,
              .routing_key = key,
              .arguments = arguments.encode()});
    }
    void bind_exchange(const std::string& source, const std::string& destination) {
        bind({.source = source, .target = Target::exchange, .destination = destination});
    }
    Vhost& vhost() { return *topology_.find_vhost("/"); }
    std::vector<std::string> route(const std::string& exchange,
                                   const std::vector<std::string_view>& keys,
                                   const FieldTable& headers = {}) {
        std::vector<QueueSlot*> slots;
        const std::string encoded = headers.encode();
        const RecordView record;
        vhost().route(*vhost().find_exchange(exchange), {keys, encoded, record, rng_}, slots);
        std::vector<std::string> names;
        for (const QueueSlot* slot : slots) names.push_back(slot->entry->name);
        std::ranges::sort(names);
        return names;
    }
    Topology topology_;

private:
    SeededRng rng_{1};
    std::map<std::string, QueueEntryRef> queues_;
};

TEST_F(Routing, DefaultExchangeKnowsEveryQueueByName) {
    EXPECT_THAT(route("", {"a"}), ElementsAre("a"));
    EXPECT_THAT(route("", {"nobody"}), IsEmpty());
    remove_queue("a");
    EXPECT_THAT(route("", {"a"}), IsEmpty());
}

TEST_F(Routing, DirectGoesByTheWholeKey) {
    bind_queue("direct", "a", "k");
    bind_queue("direct", "b", "k");
    bind_queue("direct", "c", "other");
    EXPECT_THAT(route("direct", {"k"}), ElementsAre("a", "b"));
    EXPECT_THAT(route("direct", {"kk"}), IsEmpty());
}

TEST_F(Routing, FanoutGoesEverywhereOnce) {
    bind_queue("fanout", "a", "one");
    bind_queue("fanout", "a", "two");
    bind_queue("fanout", "b");
    EXPECT_THAT(route("fanout", {"anything"}), ElementsAre("a", "b"));
}

TEST_F(Routing, TopicMatchesWordsAndRuns) {
    bind_queue("topic", "a", "*.orange.#");
    bind_queue("topic", "b", "#");
    bind_queue("topic", "c", "lazy.#.fox");
    EXPECT_THAT(route("topic", {"quick.orange"}), ElementsAre("a", "b"));
    EXPECT_THAT(route("topic", {"quick.orange.male.rabbit"}), ElementsAre("a", "b"));
    EXPECT_THAT(route("topic", {"orange"}), ElementsAre("b"));
    EXPECT_THAT(route("topic", {"lazy.fox"}), ElementsAre("b", "c"));
    EXPECT_THAT(route("topic", {"lazy.orange.brown.fox"}), ElementsAre("a", "b", "c"));
    EXPECT_THAT(route("topic", {""}), ElementsAre("b"));
}

TEST_F(Routing, HeadersMatchAllOrAny) {
    const FieldValue pdf = FieldValue::string("pdf");
    const FieldValue log = FieldValue::string("log");
    bind_queue("headers", "a", "", {{"format", pdf}, {"type", log}});
    bind_queue("headers",
               "b",
               "",
               {{"x-match", FieldValue::string("any")}, {"format", pdf}, {"type", log}});
    EXPECT_THAT(route("headers", {""}, {{"format", pdf}}), ElementsAre("b"));
    EXPECT_THAT(route("headers", {""}, {{"format", pdf}, {"type", log}, {"more", log}}),
                ElementsAre("a", "b"));
    EXPECT_THAT(route("headers", {""}, {{"format", log}}), IsEmpty());
}

TEST_F(Routing, ExchangesLeadToExchangesAndCirclesEnd) {
    bind_exchange("direct", "fanout");
    topology_.apply(BindingAdded{
        "/",
        {.declaration = {.source = "fanout", .target = Target::exchange, .destination = "topic"}}});
    bind({.source = "topic",
          .target = Target::exchange,
          .destination = "fanout",
          .routing_key = "#"});
    bind_queue("topic", "a", "#");
    bind_queue("fanout", "b");
    bind_queue("direct", "c");
    EXPECT_THAT(route("direct", {""}), ElementsAre("a", "b", "c"));
    EXPECT_THAT(route("topic", {"x"}), ElementsAre("a", "b"));
}

TEST_F(Routing, AlternateExchangeGetsWhatNobodyGot) {
    topology_.apply(ExchangeAdded{"/", "main", {.type = &kDirectExchange, .alternate = "fanout"}});
    bind_queue("main", "a", "k");
    bind_queue("fanout", "b");
    EXPECT_THAT(route("main", {"k"}), ElementsAre("a"));
    EXPECT_THAT(route("main", {"other"}), ElementsAre("b"));
}

TEST_F(Routing, AlternateExchangesFormChainsAndTheirCirclesEnd) {
    topology_.apply(ExchangeAdded{"/", "one", {.type = &kDirectExchange, .alternate = "two"}});
    topology_.apply(ExchangeAdded{"/", "two", {.type = &kDirectExchange, .alternate = "three"}});
    topology_.apply(ExchangeAdded{"/", "three", {.type = &kDirectExchange, .alternate = "one"}});
    bind_queue("three", "c", "k");
    EXPECT_THAT(route("one", {"k"}), ElementsAre("c"));
    EXPECT_THAT(route("one", {"nowhere"}), IsEmpty());
}

TEST_F(Routing, AlternateExchangeThatIsMissingIsNoError) {
    topology_.apply(ExchangeAdded{"/", "main", {.type = &kFanoutExchange, .alternate = "gone"}});
    EXPECT_THAT(route("main", {"k"}), IsEmpty());
}

TEST_F(Routing, AlternateExchangeOfAnExchangeThatIsBoundToCounts) {
    topology_.apply(ExchangeAdded{"/", "next", {.type = &kDirectExchange, .alternate = "fanout"}});
    bind_exchange("direct", "next");
    bind_queue("fanout", "b");
    EXPECT_THAT(route("direct", {""}), ElementsAre("b"));
}

TEST_F(Routing, HeadersMatchFourWays) {
    const FieldValue one = FieldValue::integer(1);
    for (const char* mode : {"all", "any", "all-with-x", "any-with-x"}) {
        add_queue(mode);
        bind_queue(
            "headers", mode, "", {{"x-match", FieldValue::string(mode)}, {"k", one}, {"x-k", one}});
    }
    EXPECT_THAT(route("headers", {""}, {{"k", one}, {"x-k", one}}),
                ElementsAre("all", "all-with-x", "any", "any-with-x"));
    EXPECT_THAT(route("headers", {""}, {{"k", one}}), ElementsAre("all", "any", "any-with-x"));
    EXPECT_THAT(route("headers", {""}, {{"x-k", one}}), ElementsAre("any-with-x"));
    EXPECT_THAT(route("headers", {""}), IsEmpty());
}

TEST_F(Routing, OrderOfArgumentsDoesNotTellBindingsApart) {
    const FieldTable bound{{"a", FieldValue::integer(1)}, {"b", FieldValue::integer(2)}};
    const FieldTable unbound{{"b", FieldValue::integer(2)}, {"a", FieldValue::integer(1)}};
    bind_queue("headers", "a", "", bound);
    topology_.apply(BindingRemoved{
        "/", {.source = "headers", .destination = "a", .arguments = unbound.encode()}});
    EXPECT_THAT(route("headers", {""}, bound), IsEmpty());
}

TEST_F(Routing, SeveralKeysReachEachQueueOnce) {
    bind_queue("direct", "a", "one");
    bind_queue("direct", "a", "two");
    bind_queue("direct", "b", "two");
    EXPECT_THAT(route("direct", {"one", "two"}), ElementsAre("a", "b"));
}

TEST_F(Routing, DeletedQueueAndExchangeTakeTheirBindingsAlong) {
    bind_queue("fanout", "a");
    bind_queue("fanout", "b");
    bind_exchange("direct", "fanout");
    remove_queue("a");
    EXPECT_THAT(route("fanout", {""}), ElementsAre("b"));
    EXPECT_THAT(route("direct", {""}), ElementsAre("b"));

    topology_.apply(ExchangeRemoved{"/", "fanout"});
    EXPECT_THAT(route("direct", {""}), IsEmpty());
    EXPECT_TRUE(vhost().find_exchange("direct")->bindings().empty());
    EXPECT_TRUE(vhost().find_queue("b")->sources.empty());
}

TEST_F(Routing, UnboundIsUnbound) {
    bind_queue("direct", "a", "k");
    topology_.apply(
        BindingRemoved{"/", {.source = "direct", .destination = "a", .routing_key = "k"}});
    EXPECT_THAT(route("direct", {"k"}), IsEmpty());
}

TEST_F(Routing, BoundTwiceToItselfGoesAwayAlone) {
    topology_.apply(ExchangeAdded{"/", "self", {.type = &kFanoutExchange}});
    bind_exchange("self", "self");
    topology_.apply(ExchangeRemoved{"/", "self"});
    EXPECT_EQ(vhost().find_exchange("self"), nullptr);
}

}  // namespace
}  // namespace varve
