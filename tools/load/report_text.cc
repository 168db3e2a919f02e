#include "tools/load/report_text.h"

#include "tools/text/json_writer.h"
#include "tools/text/size_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace varve::load {

namespace {

std::string count_of(uint64_t count) { return count_text(static_cast<int64_t>(count)); }

// Three digits at least: "0.21 ms", "3.4 ms", "12 ms", "1.25 s".
std::string latency(int64_t ns) {
    const double ms = static_cast<double>(ns) / 1e6;
    if (ms < 1) return fmt::format("{:.2f} ms", ms);
    if (ms < 100) return fmt::format("{:.1f} ms", ms);
    if (ms < 1000) return fmt::format("{:.0f} ms", ms);
    return fmt::format("{:.2f} s", ms / 1000);
}

std::string latencies(const char* what, const Histogram& histogram) {
    if (histogram.count() == 0) return {};
    return fmt::format("  {:<11} p50 {}  p99 {}  p99.9 {}  max {}",
                       what,
                       latency(histogram.at(0.5)),
                       latency(histogram.at(0.99)),
                       latency(histogram.at(0.999)),
                       latency(histogram.max()));
}

std::string rate_line(const char* what, const Throughput& throughput, uint32_t size) {
    return fmt::format("{:<9} {:>11}/s {:>9.1f} MB/s  {} messages in {:.1f} s",
                       what,
                       count_of(static_cast<uint64_t>(throughput.per_second())),
                       throughput.per_second() * size / 1e6,
                       count_of(throughput.count),
                       throughput.seconds);
}

std::string short_count(uint64_t count) {
    return count < 10000 ? std::to_string(count) : fmt::format("{}k", (count + 500) / 1000);
}

std::string seconds_line(const Report& report, const Options& options) {
    constexpr size_t kSecondsShown = 12;
    const size_t first =
        report.seconds.size() > kSecondsShown ? report.seconds.size() - kSecondsShown : 0;
    std::string line = fmt::format("{:<9}", "by second");
    if (first > 0) line += " …";
    for (size_t i = first; i < report.seconds.size(); ++i) {
        line += ' ' + short_count(options.consumes() ? report.seconds[i].delivered
                                                     : report.seconds[i].published);
    }
    return line;
}

using NamedFinding = std::pair<const char*, const Finding*>;
std::array<NamedFinding, 7> named(const Findings& findings) {
    return {{{"lost", &findings.lost},
             {"duplicate", &findings.duplicate},
             {"out_of_order", &findings.out_of_order},
             {"damaged", &findings.damaged},
             {"invented", &findings.invented},
             {"misrouted", &findings.misrouted},
             {"foreign", &findings.foreign}}};
}

std::string verdict(const Report& report, const Options& options) {
    std::string text =
        fmt::format("{:<9} {}: {} attempted, {} {}, {} received",
                    "check",
                    report.passed() ? "ok" : "FAILED",
                    count_of(report.attempted),
                    count_of(report.confirmed),
                    // A ledger does not tell the two apart.
                    options.confirm_window > 0 || !options.publishes() ? "confirmed" : "taken",
                    count_of(report.received));
    const auto also = [&text](uint64_t count, const char* what) {
        if (count > 0) text += fmt::format(", {} {}", count_of(count), what);
    };
    also(report.redelivered, "redelivered");
    also(report.refused, "refused (nack)");
    also(report.reconnects, "reconnects");
    also(report.blocked, "times blocked by the broker");
    text += '\n';
    for (const auto& [name, finding] : named(report.findings)) {
        if (finding->count > 0) {
            text += fmt::format(
                "  {:<13} {:>11}  first: {}\n", name, count_of(finding->count), finding->first);
        }
    }
    if (report.unconfirmed > 0)
        text += fmt::format("  {:<13} {:>11}\n", "unconfirmed", count_of(report.unconfirmed));
    if (report.drain_cut_off)
        text += "  Messages were still coming when the drain time was over: raise --drain.\n";
    return text;
}

void write_latencies(JsonWriter& json, const char* name, const Histogram& histogram) {
    const auto ms = [](int64_t ns) { return static_cast<double>(ns) / 1e6; };
    json.key(name).begin_object().field("count", histogram.count());
    json.key("mean").number(histogram.mean() / 1e6);
    json.key("p50").number(ms(histogram.at(0.5)));
    json.key("p99").number(ms(histogram.at(0.99)));
    json.key("p999").number(ms(histogram.at(0.999)));
    json.key("max").number(ms(histogram.max()));
    json.end_object();
}

void write_throughput(JsonWriter& json,
                      const char* name,
                      const Throughput& throughput,
                      uint32_t size) {
    json.key(name).begin_object().field("messages", throughput.count);
    json.key("seconds").number(throughput.seconds);
    json.key("messages_per_second").number(throughput.per_second());
    json.key("bytes_per_second").number(throughput.per_second() * size);
    json.end_object();
}

}  // namespace

std::string report_text(const Report& report, const Options& options) {
    std::string text;
    if (options.publishes()) {
        text += rate_line("publish", report.published, options.size) +
                latencies("confirm", report.confirm_latency);
        text += '\n';
    }
    if (options.consumes()) {
        text += rate_line("deliver", report.delivered, options.size) +
                latencies("end to end", report.deliver_latency);
        text += '\n';
    }
    if (!report.seconds.empty()) text += seconds_line(report, options) + '\n';
    text += fmt::format("{:<9} the load generator used {:.2f} cores\n", "cpu", report.cpu_cores);
    return text + verdict(report, options);
}

std::string report_json(const Report& report, const Options& options) {
    std::string text;
    JsonWriter json(text);
    json.begin_object()
        .field("v", uint64_t{1})
        .field("passed", report.passed())
        .field("size", uint64_t{options.size});
    write_throughput(json, "publish", report.published, options.size);
    write_throughput(json, "deliver", report.delivered, options.size);
    write_latencies(json, "confirm_ms", report.confirm_latency);
    write_latencies(json, "end_to_end_ms", report.deliver_latency);
    json.key("seconds").begin_array();
    for (const Second& second : report.seconds) {
        json.begin_object()
            .field("published", second.published)
            .field("delivered", second.delivered)
            .end_object();
    }
    json.end_array();
    json.key("cpu_cores").number(report.cpu_cores);
    json.field("attempted", report.attempted).field("confirmed", report.confirmed);
    json.field("received", report.received).field("redelivered", report.redelivered);
    json.field("refused", report.refused).field("unconfirmed", report.unconfirmed);
    json.field("reconnects", report.reconnects).field("blocked", report.blocked);
    json.field("drain_cut_off", report.drain_cut_off);
    json.key("findings").begin_object();
    for (const auto& [name, finding] : named(report.findings)) {
        json.key(name)
            .begin_object()
            .field("count", finding->count)
            .field("first", finding->first)
            .end_object();
    }
    json.end_object().end_object();
    return text + '\n';
}

}  // namespace varve::load
