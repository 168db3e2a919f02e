// How much CPU does the wire cost for each message? Frames/s and bytes/s on one thread, without
// sockets.
#include "server/amqp/wire/content_header.h"
#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/frame_writer.h"
#include "server/message/field_table.h"
#include "server/message/properties.h"

#include <benchmark/benchmark.h>

namespace varve::amqp {
namespace {

constexpr size_t kMessages = 1000;  // about what one read of a socket brings

std::string persistent() { return PropertiesBuilder().delivery_mode(kPersistent).encode(); }

std::string published(size_t body_size) {
    std::string bytes;
    FrameWriter writer(bytes, kFrameSizeDefault);
    const std::string body(body_size, 'b');
    for (size_t i = 0; i < kMessages; ++i) {
        writer.method(1, BasicPublish{.exchange = "", .routing_key = "a-queue"});
        writer.content(1, persistent(), body);
    }
    return bytes;
}

void per_message(benchmark::State& state, size_t bytes) {
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kMessages));
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
}

// Three frames for each message, cut out and looked at no further.
void cut_into_frames(benchmark::State& state) {
    const std::string bytes = published(static_cast<size_t>(state.range(0)));
    for (auto _ : state) {
        FrameReader reader = FrameReader::expecting_frames(kFrameSizeDefault);
        ByteView input = bytes;
        FrameEvent event = reader.next(input);
        while (std::holds_alternative<Frame>(event)) {
            benchmark::DoNotOptimize(event);
            event = reader.next(input);
        }
    }
    per_message(state, bytes.size());
}
BENCHMARK(cut_into_frames)->Arg(100)->Arg(1024);

// What a broker does with them before routing: method, header and property list decoded.
void read_publishes(benchmark::State& state) {
    const std::string bytes = published(static_cast<size_t>(state.range(0)));
    for (auto _ : state) {
        FrameReader reader = FrameReader::expecting_frames(kFrameSizeDefault);
        ByteView input = bytes;
        FrameEvent event = reader.next(input);
        while (const Frame* frame = std::get_if<Frame>(&event)) {
            if (frame->type == FrameType::method) {
                BasicPublish publish;
                benchmark::DoNotOptimize(decode_arguments(frame->payload.substr(4), publish));
                benchmark::DoNotOptimize(publish);
            } else if (frame->type == FrameType::header) {
                const ContentHeader header = must(decode_content_header(frame->payload));
                benchmark::DoNotOptimize(must(Properties::parse(header.properties)));
            }
            event = reader.next(input);
        }
    }
    per_message(state, bytes.size());
}
BENCHMARK(read_publishes)->Arg(100)->Arg(1024);

void write_deliveries(benchmark::State& state) {
    const std::string body(static_cast<size_t>(state.range(0)), 'b');
    const std::string properties = persistent();
    std::string outbox;
    size_t bytes = 0;
    for (auto _ : state) {
        outbox.clear();
        FrameWriter writer(outbox, kFrameSizeDefault);
        for (uint64_t tag = 1; tag <= kMessages; ++tag) {
            writer.delivery(1,
                            {.consumer_tag = "ctag-1",
                             .delivery_tag = tag,
                             .exchange = "",
                             .routing_key = "a-queue",
                             .properties = properties,
                             .body = body});
        }
        bytes = outbox.size();
        benchmark::DoNotOptimize(outbox.data());
    }
    per_message(state, bytes);
}
BENCHMARK(write_deliveries)->Arg(100)->Arg(1024);

// A publish through the variant of all methods, as rare methods go.
void decode_any_method(benchmark::State& state) {
    std::string payload;
    encode(BasicPublish{.exchange = "events", .routing_key = "a.b.c"}, payload);
    for (auto _ : state) benchmark::DoNotOptimize(decode_method(payload));
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(decode_any_method);

// The headers of a Celery task.
void decode_headers(benchmark::State& state) {
    FieldTable table;
    for (const char* name : {"lang", "task", "id", "root_id", "argsrepr", "kwargsrepr", "origin"}) {
        table.set(name, FieldValue::string("a value of the usual size, no more"));
    }
    table.set("retries", FieldValue::integer(0));
    const std::string raw = table.encode();
    for (auto _ : state) benchmark::DoNotOptimize(FieldTable::decode(raw));
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(decode_headers);

}  // namespace
}  // namespace varve::amqp

BENCHMARK_MAIN();
