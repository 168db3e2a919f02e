// status, ping, version, await_startup, stop, and the checks of rabbitmq-diagnostics.
#include "tools/ctl/command.h"
#include "tools/ctl/rows.h"
#include "tools/text/size_text.h"
#include "tools/text/time_text.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <thread>

namespace varve::ctl {

namespace {

std::string text(const boost::json::object& in, std::string_view name) {
    const auto* found = in.if_contains({name.data(), name.size()});
    return found == nullptr ? "" : cell_text(*found);
}

int64_t number(const boost::json::object& in, std::string_view name) {
    const auto* found = in.if_contains({name.data(), name.size()});
    boost::json::error_code failed;
    const auto value = found == nullptr ? 0 : found->to_number<int64_t>(failed);
    return failed ? 0 : value;
}

Ended status(const ControlClient& broker, const Line& line) {
    VARVE_TRY(const boost::json::value overview, fetch(broker, {"overview"}));
    VARVE_TRY(const boost::json::value nodes, fetch(broker, {"nodes"}));
    const boost::json::object& about = overview.get_object();
    const boost::json::object& node = nodes.get_array().at(0).get_object();
    if (line.formatter() == "json") {
        boost::json::object all = about;
        all["node"] = node;
        fmt::print("{}\n", boost::json::serialize(all));
        return ExitCode::done;
    }
    announce(line, "Status of node " + text(node, "name"));
    const auto uptime = std::chrono::milliseconds(number(node, "uptime"));
    fmt::print(
        "Runtime\n\nVarve version: {}\nRabbitMQ version: {}\nUptime: {}\n"
        "Data directory: {}\n\n",
        text(about, "varve_version"),
        text(about, "rabbitmq_version"),
        duration_text(uptime),
        text(node, "data_dir"));
    fmt::print("Alarms\n\n");
    const bool memory = text(node, "mem_alarm") == "true";
    const bool disk = text(node, "disk_free_alarm") == "true";
    if (memory) fmt::print("Memory alarm on node {}\n", text(node, "name"));
    if (disk) fmt::print("Free disk space alarm on node {}\n", text(node, "name"));
    if (!memory && !disk) fmt::print("(none)\n");
    fmt::print("\nFree Disk Space\n\nLow free disk space watermark: {}\nFree disk space: {}\n\n",
               size_text(static_cast<Bytes>(number(node, "disk_free_limit"))),
               size_text(static_cast<Bytes>(number(node, "disk_free"))));
    const auto* totals = about.if_contains("object_totals");
    fmt::print("Totals\n\nConnection count: {}\nQueue count: {}\n",
               number(totals->get_object(), "connections"),
               number(totals->get_object(), "queues"));
    fmt::print("\nListeners\n\n");
    for (const auto& listener : about.at("listeners").get_array()) {
        const auto& at = listener.get_object();
        fmt::print("Interface: {}, port: {}, protocol: {}, purpose: AMQP 0-9-1\n",
                   text(at, "ip_address"),
                   text(at, "port"),
                   text(at, "protocol"));
    }
    return ExitCode::done;
}

Ended ping(const ControlClient& broker, const Line& line) {
    VARVE_TRY(const boost::json::value overview, fetch(broker, {"overview"}, "columns=node"));
    const std::string node = text(overview.get_object(), "node");
    announce(line,
             fmt::format("Will ping {}. This only checks if the OS process is running", node));
    fmt::print("Ping succeeded\n");
    return ExitCode::done;
}

// Of the broker where one runs, as clients see it; else it is for nobody to say.
Ended version(const ControlClient& broker, const Line& /*line*/) {
    VARVE_TRY(const boost::json::value version, fetch(broker, {"version"}));
    fmt::print("{}\n", cell_text(version));
    return ExitCode::done;
}

constexpr auto kStartTimeout = std::chrono::seconds(300);  // rabbitmqctl's own
constexpr auto kStartCheck = std::chrono::milliseconds(200);

Ended await_startup(const ControlClient& broker, const Line& line) {
    auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(kStartTimeout);
    if (const auto asked = line.value("timeout")) {
        int64_t seconds = 0;
        const auto [end, failed] =
            std::from_chars(asked->data(), asked->data() + asked->size(), seconds);
        if (failed != std::errc() || seconds < 0 || seconds > 86'400)
            return Error{ErrorCode::invalid_argument, "--timeout wants seconds"};
        timeout = std::chrono::seconds(seconds);
    }
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto reply = broker.get({"version"});
        if (reply && reply->good()) return ExitCode::done;
        if (!reply && reply.error().code != ErrorCode::closed) return reply.error();
        if (std::chrono::steady_clock::now() >= deadline)
            return Error{ErrorCode::closed, "the broker has not started in time"};
        std::this_thread::sleep_for(kStartCheck);
    }
}

Ended stop(const ControlClient& broker, const Line& line) {
    announce(line, "Stopping and halting the node");
    return change(broker, "POST", {"varve", "stop"});
}

Ended not_here(const ControlClient& /*broker*/, const Line& line) {
    return Error{ErrorCode::not_implemented,
                 "'" + line.command +
                     "' is not supported: varved has no application apart from its process. "
                     "Stop the process (rabbitmqctl stop) and start it again."};
}

Ended no_firehose(const ControlClient& /*broker*/, const Line& line) {
    return Error{ErrorCode::not_implemented,
                 "'" + line.command +
                     "' is not supported: varve has no firehose. What went through a durable queue "
                     "can be read with varve dump, or by a consumer with x-stream-offset."};
}

// Nothing that a broker could stay below.
constexpr double kNothing = 0.001;

// There is no memory alarm to tune. Tests of clients set a limit that is below anything, to see
// publishers blocked, and then one that is right again.
Ended set_memory_watermark(const ControlClient& broker, const Line& line) {
    const std::string& word = line.words[0];
    double fraction = 0;
    const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), fraction);
    if (failed != std::errc() || end != word.data() + word.size() || fraction < 0 || fraction > 1) {
        return Error{ErrorCode::invalid_argument,
                     "The threshold should be a fraction between 0.0 and 1.0"};
    }
    announce(line, "Setting memory threshold to " + word);
    return change(broker, fraction < kNothing ? "PUT" : "DELETE", {"varve", "alarms", "memory"});
}

Ended check(const ControlClient& broker,
            const Line& line,
            const std::vector<std::string>& path,
            std::string_view good) {
    VARVE_TRY(const Reply reply, broker.get(path));
    if (reply.good()) {
        if (!line.quiet()) fmt::print("{}\n", good);
        return ExitCode::done;
    }
    fmt::print(stderr, "Error:\n{}\n", reply.reason());
    return ExitCode::failed;
}

Ended check_running(const ControlClient& broker, const Line& line) {
    return check(broker, line, {"version"}, "Varve is running");
}

Ended check_alarms(const ControlClient& broker, const Line& line) {
    return check(
        broker, line, {"health", "checks", "local-alarms"}, "Node reported no local alarms");
}

Ended check_port_connectivity(const ControlClient& broker, const Line& line) {
    VARVE_TRY(const boost::json::value overview, fetch(broker, {"overview"}));
    boost::asio::io_context context;
    for (const auto& listener : overview.at("listeners").get_array()) {
        const std::string host = text(listener.get_object(), "ip_address");
        const std::string port = text(listener.get_object(), "port");
        const bool bracketed = host.starts_with('[') && host.ends_with(']');
        boost::system::error_code failed;
        const auto address = boost::asio::ip::make_address(
            bracketed ? host.substr(1, host.size() - 2) : host, failed);
        boost::asio::ip::tcp::socket socket(context);
        if (!failed) {
            const auto number = static_cast<uint16_t>(std::stoul(port));
            socket.connect({address, number}, failed);
        }
        if (!failed) continue;
        fmt::print(stderr, "Error:\ncannot connect to {}:{}: {}\n", host, port, failed.message());
        return ExitCode::failed;
    }
    if (!line.quiet()) fmt::print("Successfully connected to every listener\n");
    return ExitCode::done;
}

Ended check_port_listener(const ControlClient& broker, const Line& line) {
    return check(broker,
                 line,
                 {"health", "checks", "port-listener", line.words[0]},
                 "A listener for port " + line.words[0] + " is running");
}

constexpr Command kCommands[] = {
    {"status", "", 0, 0, status},
    {"ping", "", 0, 0, ping},
    {"version", "", 0, 0, version},
    {"await_startup", "[--timeout <seconds>]", 0, 0, await_startup},
    {"await_online_nodes", "<count>", 1, 1, await_startup},
    {"stop", "[<pid file>]", 0, 1, stop},
    {"shutdown", "", 0, 0, stop},
    {"stop_app", "", 0, 0, not_here},
    {"start_app", "", 0, 0, not_here},
    {"reset", "", 0, 0, not_here},
    {"trace_on", "", 0, 0, no_firehose},
    {"trace_off", "", 0, 0, no_firehose},
    {"set_vm_memory_high_watermark", "<fraction>", 1, 1, set_memory_watermark},
    {"check_running", "", 0, 0, check_running},
    {"check_alarms", "", 0, 0, check_alarms},
    {"check_local_alarms", "", 0, 0, check_alarms},
    {"check_port_connectivity", "", 0, 0, check_port_connectivity},
    {"check_port_listener", "<port>", 1, 1, check_port_listener},
};

}  // namespace

std::span<const Command> node_commands() { return kCommands; }

}  // namespace varve::ctl
