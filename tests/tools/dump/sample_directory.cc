// Makes data directories for dump_test.py, through the engine, as a broker would.
//
//   sample_directory make DIR            the queues of make_sample() below; stopped in order
//   sample_directory make-unstored DIR   the same, but killed before its first checkpoint
//   sample_directory make-hostile DIR    what somebody who means harm can publish and declare
//   sample_directory make-large DIR      one queue over several files of the store and the journal
//   sample_directory write DIR           appends and settles until stdin ends; a line on stdout for
//   each 100 messages
//
// All but `write` give the same bytes in the queues, the same times and the same log ids each time:
// docs/dump.md shows what the tools print of them.
#include "engine/engine.h"
#include "server/broker/definitions.h"
#include "server/message/field_table.h"
#include "server/message/properties.h"
#include "tests/support/seeded_rng.h"

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

// Ten minutes after the first message. Durations are real.
class FixedClock final : public Clock {
public:
    TimePoint now() const override { return kStart + std::chrono::minutes(10); }
    std::chrono::nanoseconds monotonic() const override { return system_clock().monotonic(); }
};

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
    const std::string id = "5b0c6f2e-0000-4000-8000-00000000000" + std::to_string(number);
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
    static SeededRng ids(2);
    definition.id = {random_id(ids)};
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
    const LogRef nameless = engine.make_log({.bytes = 0});  // what is settled goes
    Transaction creation;
    creation.create_log(nameless);
    must(engine.commit_and_wait(std::move(creation)));
    for (int i = 0; i < 8; ++i)
        append(engine, nameless, {plain(std::string(50'000, static_cast<char>('a' + i)))});
    settle(engine, nameless, {{0}, {4}}, Outcome::acked);
}

// Names and bytes that must come out as harmless text, or not at all.
void make_hostile(Engine& engine) {
    const LogRef odd = declare(engine, "v\x1b[2J", "two\nlines \x1b[31m", 1)[0];
    append(engine, odd, {plain("in a queue with an odd name")});

    const LogRef hostile = declare(engine, "/", "hostile", 1)[0];
    const auto with_headers = [](const FieldTable& headers, std::string body) {
        const std::string properties = PropertiesBuilder()
                                           .text(Property::content_type, "application/json")
                                           .headers(headers.encode())
                                           .encode();
        return Sample{"key\n\x1b[31m", properties, std::move(body)};
    };
    // 0: properties that are no properties. 1: JSON without end. 2: JSON deeper than any stack.
    Sample nonsense = plain("text");
    nonsense.properties = "\xff\xff\xff\xff\xff";
    append(engine, hostile, {nonsense});
    append(engine, hostile, {with_headers(FieldTable(), "[1, 2")});
    append(engine, hostile, {with_headers(FieldTable(), std::string(200'000, '['))});
    // 3: a task whose pickle would make a file. 4: a task in name only.
    const FieldTable task(
        {{"task", FieldValue::string("evil\x1b[2J")}, {"id", FieldValue::string("1\n2")}});
    Sample pickle = with_headers(task, "cposix\nsystem\n(S'touch unpickled'\ntR.");
    append(engine, hostile, {pickle});
    const FieldTable nothing({{"task", FieldValue::integer(1)}, {"id", {}}});
    append(engine, hostile, {with_headers(nothing, "[]")});

    // A definition that is none.
    Transaction transaction;
    CatalogueKey broken = queue_key({Id128{}});
    transaction.put(broken, "\xff not a definition");
    must(engine.commit_and_wait(std::move(transaction)));
}

// 4,000 messages of 2 KiB; the first half acked.
void make_large(Engine& engine) {
    constexpr int64_t kCount = 4000;
    const LogRef log = declare(engine, "/", "large", 1)[0];
    for (int64_t i = 0; i < kCount; i += 4) {
        const auto body = [i](int64_t more) {
            return plain(std::to_string(i + more) + std::string(2048, '.'));
        };
        append(engine, log, {body(0), body(1), body(2), body(3)});
    }
    settle(engine, log, {{0}, {kCount / 2}}, Outcome::acked);
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
    FixedClock clock;
    SeededRng rng(1);
    const bool live = what == "write";
    const auto environment =
        live ? EngineEnvironment{} : EngineEnvironment{.clock = clock, .rng = rng};
    auto engine = must(Engine::open(environment, directory, options));
    if (what == "make" || what == "make-unstored") make_sample(*engine);
    // As if killed: no checkpoint, no mark of a clean stop.
    if (what == "make-unstored") std::_Exit(0);
    if (what == "make-hostile") make_hostile(*engine);
    if (what == "make-large") make_large(*engine);
    if (live) write_until_told(*engine);
    must(engine->close());
    return 0;
}

}  // namespace
}  // namespace varve

int main(int argc, char** argv) {
    if (argc != 3) return 64;
    return varve::run(argv[1], argv[2]);
}
