#include "tools/load/command.h"

#include "tools/load/bench.h"
#include "tools/load/report_text.h"
#include "tools/terminal/complaint.h"
#include "tools/text/time_text.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>

namespace varve::load {

namespace {

constexpr const char* kExamples =
    "  varve bench                                        one publisher, one consumer, 1 KiB, 10 "
    "s\n"
    "  varve bench --confirm 500 --publishers 4 --consumers 4 --queues 2 --duration 30s\n"
    "  varve bench --rate 20000 --confirm 1000 -o json    latency at a fixed rate, for programs\n"
    "  varve bench --exchange fanout --queues 10          every message to ten queues\n"
    "  varve bench --reconnect --confirm 500              kill the broker meanwhile: nothing "
    "confirmed may be lost\n"
    "  varve bench --publish-only --confirm 500 --count 1000000 --ledger run.txt\n"
    "  varve bench --consume-only --ledger run.txt        the rest of the check, after a restart";

constexpr const char* kNextStep =
    "the address is --uri amqp://user:password@host:port/vhost\n"
    "  is a broker running there?   varved starts one on this machine";

// What the command line says, as text where a word stands for something.
struct Words {
    Options options;
    std::string uri = "amqp://guest:guest@127.0.0.1:5672/%2f";
    std::string duration;
    std::string warmup = "0s";
    std::string drain = "60s";
    std::string rate;
    std::string exchange = "direct";
    std::string output = "text";
    std::string queue_type;
    std::vector<std::string> arguments;
    bool publish_only = false;
    bool consume_only = false;
};

void add_load_options(CLI::App& command, Words& words) {
    Options& options = words.options;
    const char* group = "Load";
    command.add_option("--publishers", options.publishers, "connections that publish")
        ->capture_default_str()
        ->group(group);
    command
        .add_option("--consumers",
                    options.consumers,
                    "connections that consume; queues are dealt out to them")
        ->capture_default_str()
        ->group(group);
    command.add_option("--size", options.size, "bytes of a message")
        ->capture_default_str()
        ->group(group);
    command
        .add_option(
            "--rate",
            words.rate,
            "messages/s in all; latency counts from when each was due [as fast as possible]")
        ->group(group);
    command.add_option("--count", options.count, "messages in all")->group(group);
    command
        .add_option("--duration",
                    words.duration,
                    "how long to publish, such as 30s or 5m [10s without --count]")
        ->group(group);
    command.add_option("--warmup", words.warmup, "how long before measuring")
        ->capture_default_str()
        ->group(group);
    command
        .add_option(
            "--drain", words.drain, "how long at most to wait for what is on its way at the end")
        ->capture_default_str()
        ->group(group);
    command.add_flag("--publish-only", words.publish_only, "no consumers; the queues stay")
        ->group(group);
    command
        .add_flag("--consume-only", words.consume_only, "no publishers; what is there is checked")
        ->group(group);
}

void add_protocol_options(CLI::App& command, Words& words) {
    Options& options = words.options;
    const char* group = "Protocol";
    command
        .add_option("--confirm",
                    options.confirm_window,
                    "unconfirmed messages of a publisher; 0: no confirms")
        ->capture_default_str()
        ->group(group);
    command.add_flag("--transient", options.transient, "delivery mode 1 instead of 2")
        ->group(group);
    command
        .add_option(
            "--prefetch", options.prefetch, "unacknowledged messages of a consumer; 0: no limit")
        ->capture_default_str()
        ->group(group);
    command.add_option("--ack-every", options.ack_every, "one ack for so many messages")
        ->capture_default_str()
        ->group(group);
    command.add_flag("--auto-ack", options.auto_ack, "the broker takes a delivery for an ack")
        ->group(group);
}

void add_queue_options(CLI::App& command, Words& words) {
    Options& options = words.options;
    const char* group = "Queues";
    command.add_option("--queues", options.queues, "publishers go round them")
        ->capture_default_str()
        ->group(group);
    command.add_option("--queue-pattern", options.queue_pattern, "their names; % is the number")
        ->capture_default_str()
        ->group(group);
    command
        .add_option(
            "--exchange", words.exchange, "direct: one queue for each message; fanout: all of them")
        ->check(CLI::IsMember({"direct", "fanout"}))
        ->capture_default_str()
        ->group(group);
    command.add_option("--queue-type", words.queue_type, "x-queue-type, such as quorum")
        ->group(group);
    command
        .add_option("--arg",
                    words.arguments,
                    "queue argument KEY=VALUE; numbers, true and false are taken as such")
        ->group(group);
    command.add_flag("--keep", options.keep, "leave the queues when done")->group(group);
    command
        .add_flag("--purge",
                  options.purge,
                  "empty queues that hold messages instead of refusing to start")
        ->group(group);
}

void add_check_options(CLI::App& command, Words& words) {
    Options& options = words.options;
    command.add_option("--uri", words.uri, "broker and login")->capture_default_str();
    command.add_option("-o,--output", words.output, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    command
        .add_flag("--reconnect", options.reconnect, "go on when the broker dies; needs --confirm")
        ->group("Check");
    command
        .add_option("--ledger",
                    options.ledger_file,
                    "file with what was attempted, confirmed and received; read if it exists")
        ->group("Check");
}

Result<std::chrono::nanoseconds> duration_of(std::string text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!text.empty() && std::ranges::all_of(text, is_digit)) text += 's';
    VARVE_TRY(const std::chrono::milliseconds duration, parse_duration(text));
    return std::chrono::nanoseconds(duration);
}

Result<double> rate_of(std::string_view text) {
    const std::string_view digits = text.ends_with("/s") ? text.substr(0, text.size() - 2) : text;
    double rate = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rate);
    if (error != std::errc() || end != digits.data() + digits.size() || !(rate > 0) || rate > 1e9) {
        return Error{ErrorCode::invalid_argument,
                     "--rate " + std::string(text) + ": a number of messages each second"};
    }
    return rate;
}

amqp::FieldValue value_of(std::string_view text) {
    if (text == "true" || text == "false") return amqp::FieldValue::boolean(text == "true");
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size())
        return amqp::FieldValue::integer(number);
    return amqp::FieldValue::string(text);
}

Result<amqp::FieldTable> queue_arguments_of(const Words& words) {
    amqp::FieldTable table;
    if (!words.queue_type.empty())
        table.set("x-queue-type", amqp::FieldValue::string(words.queue_type));
    for (const std::string& argument : words.arguments) {
        const size_t equals = argument.find('=');
        if (equals == std::string::npos || equals == 0 || equals > 255) {
            return Error{ErrorCode::invalid_argument, "--arg " + argument + ": expected KEY=VALUE"};
        }
        table.set(argument.substr(0, equals),
                  value_of(std::string_view(argument).substr(equals + 1)));
    }
    return table;
}

Result<Options> options_of(const Words& words) {
    Options options = words.options;
    VARVE_TRY(options.uri, AmqpUri::parse(words.uri));
    VARVE_TRY(options.warmup, duration_of(words.warmup));
    VARVE_TRY(options.drain, duration_of(words.drain));
    if (!words.rate.empty()) {
        VARVE_TRY(options.rate, rate_of(words.rate));
    }
    VARVE_TRY(options.queue_arguments, queue_arguments_of(words));
    options.exchange = words.exchange == "fanout" ? ExchangeMode::fanout : ExchangeMode::direct;
    options.output = words.output == "json" ? OutputFormat::json : OutputFormat::text;
    if (words.publish_only && words.consume_only) {
        return Error{ErrorCode::invalid_argument,
                     "--publish-only and --consume-only exclude one another"};
    }
    if (words.publish_only) options.roles = Roles::publish_only;
    if (words.consume_only) options.roles = Roles::consume_only;
    options.keep = options.keep || words.publish_only;
    if (!words.duration.empty()) {
        VARVE_TRY(options.duration, duration_of(words.duration));
    } else if (!options.count && (options.publishes() || options.ledger_file.empty())) {
        options.duration = std::chrono::seconds(10);
    }
    VARVE_TRY(validate(options));
    return options;
}

std::string next_step(const Error& error) {
    switch (error.code) {
        case ErrorCode::closed:
            if (error.detail.starts_with(kBrokerWentAway))
                return "--reconnect --confirm 500 goes on when it is back, and checks what was "
                       "confirmed";
            return kNextStep;
        case ErrorCode::access_refused:
            return "user, password and vhost are in --uri amqp://user:password@host:port/vhost";
        case ErrorCode::invalid_argument:
            return "varve bench --help";
        case ErrorCode::not_implemented:
            return "this broker does not know what --queue-type or --arg ask for";
        default:
            return {};
    }
}

ExitCode run(const Words& words) {
    const auto options = options_of(words);
    if (!options) return complain(options.error(), next_step(options.error()));
    const auto report = run_bench(*options);
    if (!report) return complain(report.error(), next_step(report.error()));
    const bool json = options->output == OutputFormat::json;
    const std::string text = json ? report_json(*report, *options) : report_text(*report, *options);
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        return ExitCode::pipe_closed;
    if (report->attempted == 0 && report->received == 0) {
        return complain({"there was nothing to check: no message was published or received",
                         "varve bench --publish-only leaves messages for --consume-only; "
                         "--queue-pattern says in which queues"},
                        ExitCode::nothing);
    }
    return report->passed() ? ExitCode::done : ExitCode::nothing;
}

std::function<ExitCode()> add(CLI::App& command) {
    const auto words =
        std::make_shared<Words>();  // shared by the parser, which fills it, and what runs then
    add_check_options(command, *words);
    add_load_options(command, *words);
    add_protocol_options(command, *words);
    add_queue_options(command, *words);
    return [words] { return run(*words); };
}

}  // namespace

Command bench_command() {
    return {.name = "bench",
            .summary = "throughput and latency of a broker, and whether it loses anything",
            .examples = kExamples,
            .add = add};
}

}  // namespace varve::load
