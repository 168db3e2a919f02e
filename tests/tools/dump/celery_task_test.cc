#include "tools/dump/celery_task.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldValue;

// What Celery 5 sends for charge.apply_async((48121, 'EUR'), retries=3, time_limit=60,
// soft_time_limit=50).
FieldTable task_headers() {
    return FieldTable(
        {{"lang", FieldValue::string("py")},
         {"task", FieldValue::string("billing.charge")},
         {"id", FieldValue::string("5b0c8d1e")},
         {"shadow", {}},
         {"eta", {}},
         {"expires", FieldValue::string("2026-05-04T14:10:00+00:00")},
         {"group", {}},
         {"retries", FieldValue::integer(3)},
         {"timelimit", {FieldArray{FieldValue::integer(60), FieldValue::integer(50)}}},
         {"root_id", FieldValue::string("5b0c8d1e")},
         {"parent_id", {}},
         {"argsrepr", FieldValue::string("(48121, 'EUR')")},
         {"kwargsrepr", FieldValue::string("{'retry': True}")},
         {"origin", FieldValue::string("gen311@web1")}});
}

TEST(CeleryTask, IsReadFromTheHeadersOfProtocol2) {
    const auto task = celery_task_of(task_headers(), "");
    ASSERT_TRUE(task);
    EXPECT_EQ("billing.charge", task->name);
    EXPECT_EQ("5b0c8d1e", task->id);
    EXPECT_EQ("(48121, 'EUR')", task->args);
    EXPECT_EQ("{'retry': True}", task->kwargs);
    EXPECT_EQ(3, task->retries);
    EXPECT_FALSE(task->eta);
    EXPECT_EQ("2026-05-04T14:10:00+00:00", task->expires);
    EXPECT_EQ("5b0c8d1e", task->root_id);
    EXPECT_FALSE(task->parent_id);
    EXPECT_EQ("gen311@web1", task->origin);
}

TEST(CeleryTask, TheHardTimeLimitStandsFirst) {
    const auto task = celery_task_of(task_headers(), "");
    EXPECT_EQ("60", task->hard_time_limit);
    EXPECT_EQ("50", task->soft_time_limit);
}

TEST(CeleryTask, APickledBodyIsNeverLookedInto) {
    const std::string_view pickle(
        "\x80\x02cos\nsystem\nq\x00X\x02\x00\x00\x00lsq\x01\x85q\x02Rq\x03.", 33);
    const auto task = celery_task_of(task_headers(), pickle);
    EXPECT_EQ("(48121, 'EUR')", task->args);
}

TEST(CeleryTask, WithoutReprHeadersAJsonBodyGivesTheArguments) {
    FieldTable headers = task_headers();
    headers.remove("argsrepr");
    headers.remove("kwargsrepr");
    const auto task =
        celery_task_of(headers, R"([[48121, "EUR"], {"retry": true}, {"callbacks": null}])");
    EXPECT_EQ(R"([48121,"EUR"])", task->args);
    EXPECT_EQ(R"({"retry":true})", task->kwargs);
    EXPECT_EQ("", celery_task_of(headers, "\x80\x02.")->args);
}

TEST(CeleryTask, OtherMessagesAreNone) {
    EXPECT_FALSE(celery_task_of({}, ""));
    EXPECT_FALSE(celery_task_of(FieldTable({{"task", FieldValue::string("a")}}), ""));
    EXPECT_FALSE(celery_task_of(
        FieldTable({{"task", FieldValue::integer(1)}, {"id", FieldValue::string("x")}}), ""));
}

TEST(CeleryTask, OddHeadersAreLeftOutAndDoNoHarm) {
    FieldTable headers = task_headers();
    headers.set("timelimit", {FieldArray{FieldValue::integer(60)}});
    headers.set("retries", FieldValue::string("many"));
    headers.set("eta", {FieldArray{}});
    headers.set("argsrepr", {FieldTable()});
    headers.set("kwargsrepr", FieldValue::integer(5));
    const auto task = celery_task_of(headers, "");
    EXPECT_FALSE(task->hard_time_limit);
    EXPECT_EQ(0, task->retries);
    EXPECT_FALSE(task->eta);
    EXPECT_EQ("", task->args);
    EXPECT_EQ("5", task->kwargs);
}

TEST(CeleryTask, ReadsLikeACall) {
    EXPECT_EQ("a.b(48121, 'EUR')",
              call_text({.name = "a.b", .args = "(48121, 'EUR')", .kwargs = "{}"}));
    EXPECT_EQ("a.b(48121)", call_text({.name = "a.b", .args = "(48121,)", .kwargs = ""}));
    EXPECT_EQ("a.b(1, **{'x': 2})",
              call_text({.name = "a.b", .args = "[1]", .kwargs = "{'x': 2}"}));
    EXPECT_EQ("a.b(**{'x': 2})", call_text({.name = "a.b", .args = "()", .kwargs = "{'x': 2}"}));
    EXPECT_EQ("a.b((1, 2...)", call_text({.name = "a.b", .args = "(1, 2...", .kwargs = ""}));
}

}  // namespace
}  // namespace varve
