// Makes data directories for dump_test.py, through the engine, as a broker would.
//
//   sample_directory make DIR            the queues of make_sample() below; stopped in order
//   sample_directory make-unstored DIR   the same, but killed before its first checkpoint
//   sample_directory write DIR           appends and settles until stdin ends; a line on stdout for
//   each 100 messages
#include "engine/engine.h"
#include "server/broker/definitions.h"
#include "server/message/field_table.h"
#include "server/message/properties.h"

#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace varve {
namespace {

using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldValue;
using amqp::PropertiesBuilder;
using amqp::Property;

constexpr TimePoint kStart{1'777'896'191'490};  // 2026-05-04T12:03:11.490Z

struct Sample {
    std::string routing_key;
    std::string properties;
    std::string body;
};

Sample plain(const std::string& body) {
    return {
        "plain",
        PropertiesBuilder().text(Property::content_type, "text/plain").delivery_mode(2).encode(),
        body};
}

Sample task(int number, std::string_view name) {
    const std::string id = "id-" + std::to_string(number);
    const FieldTable headers(
        {{"lang", FieldValue::string("py")},
         {"task", FieldValue::string(name)},
         {"id", FieldValue::string(id)},
         {"eta", {}},
         {"retries", FieldValue::integer(number)},
         {"timelimit", {FieldArray{{}, {}}}},
         {"argsrepr", FieldValue::string("(" + std::to_string(number) + ", 'EUR')")},
         {"kwargsrepr", FieldValue::string("{}")}});
    const std::string properties = PropertiesBuilder()
                                       .text(Property::content_type, "application/json")
                                       .text(Property::content_encoding, "utf-8")
                                       .headers(headers.encode())
                                       .delivery_mode(2)
                                       .text(Property::correlation_id, id)
                                       .encode();
    return {
        "celery", properties, "[[" + std::to_string(number) + ", \"EUR\"], {}, {\"chain\": null}]"};
}

// A queue with one log for each level, defined as the broker defines it.
std::vector<LogRef> declare(Engine& engine,
                            const std::string& vhost,
                            const std::string& name,
                            size_t levels) {
    Transaction transaction;
    QueueDefinition definition{.vhost = vhost, .declaration = {.name = name, .durable = true}};
    definition.id = {random_id(system_rng())};
    std::vector<LogRef> logs;
    for (size_t level = 0; level < levels; ++level) {
        logs.push_back(engine.make_log({}));
        definition.logs.push_back(logs.back()->id());
        transaction.create_log(logs.back());
    }
    transaction.put(queue_key(definition.id), encode(definition));
    must(engine.commit_and_wait(std::move(transaction)));
    return logs;
}

void append(Engine& engine,
            const LogRef& log,
            std::initializer_list<Sample> samples,
            TimePoint time = kStart) {
    RecordBatchBuilder builder;
    for (const Sample& sample : samples) {
        builder.add({.appended = time,
                     .exchange = "amq.direct",
                     .routing_key = sample.routing_key,
                     .properties = sample.properties,
                     .body = sample.body});
    }
    Transaction transaction;
    transaction.append(log, builder.seal());
    must(engine.commit_and_wait(std::move(transaction)));
}

void settle(Engine& engine, const LogRef& log, OffsetRange range, Outcome outcome) {
    Transaction transaction;
    transaction.settle(log, kQueueCursor, range, outcome);
    must(engine.commit_and_wait(std::move(transaction)));
}

void make_sample(Engine& engine) {
    // celery: five tasks: acked, moved, delivered and back twice, delivered, ready.
    const LogRef celery = declare(engine, "/", "celery", 1)[0];
    append(engine, celery, {task(0, "shop.receipt"), task(1, "billing.charge")});
    append(engine,
           celery,
           {task(2, "media.transcode"), task(3, "billing.charge"), task(4, "crm.follow_up")},
           kStart + std::chrono::minutes(5));
    settle(engine, celery, {{0}, {1}}, Outcome::acked);
    settle(engine, celery, {{1}, {2}}, Outcome::moved);
    Transaction delivery;
    delivery.mark_delivered(celery, kQueueCursor, {4});
    delivery.mark_returned(celery, {2}, 2);
    must(engine.commit_and_wait(std::move(delivery)));

    // orders in vhost "shop": text, binary, control characters, and one that expired.
    const LogRef orders = declare(engine, "shop", "orders", 1)[0];
    append(engine,
           orders,
           {plain("first order"),
            plain(std::string("\0\xff\x80", 3)),
            plain("clear \x1b[2J screen\n"),
            plain("too late")});
    settle(engine, orders, {{3}, {4}}, Outcome::expired);

    // urgent: three levels.
    const auto urgent = declare(engine, "/", "urgent", 3);
    append(engine, urgent[0], {plain("whenever")});
    append(engine, urgent[2], {plain("now")});

    // A log that no definition names, large enough for several blocks of the store.
    const LogRef nameless = engine.make_log({});
    Transaction creation;
    creation.create_log(nameless);
    must(engine.commit_and_wait(std::move(creation)));
    for (int i = 0; i < 8; ++i)
        append(engine, nameless, {plain(std::string(50'000, static_cast<char>('a' + i)))});
    settle(engine, nameless, {{0}, {4}}, Outcome::acked);
}

bool stdin_has_ended() {
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
}

void write_until_told(Engine& engine) {
    const LogRef log = declare(engine, "/", "busy", 1)[0];
    for (int64_t count = 0; !stdin_has_ended(); ++count) {
        append(engine, log, {plain("message " + std::to_string(count))}, system_clock().now());
        if (count % 2 == 0) settle(engine, log, {{count}, {count + 1}}, Outcome::acked);
        if (count % 100 != 99) continue;
        std::printf("%lld\n", static_cast<long long>(count + 1));
        std::fflush(stdout);
    }
}

int run(std::string_view what, const char* directory) {
    EngineOptions options;
    options.journal.file_size = 1_MiB;
    options.checkpoint_size = 512_KiB;
    options.disk_free_limit = 0;
    auto engine = must(Engine::open({}, directory, options));
    if (what == "make") make_sample(*engine);
    if (what == "make-unstored") {
        make_sample(*engine);
        std::_Exit(0);  // as if killed: no checkpoint, no mark of a clean stop
    }
    if (what == "write") write_until_told(*engine);
    must(engine->close());
    return 0;
}

}  // namespace
}  // namespace varve

int main(int argc, char** argv) {
    if (argc != 3) return 64;
    return varve::run(argv[1], argv[2]);
}
