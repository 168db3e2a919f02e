// varved: reads its settings, runs the server until it is told to stop.
#include "server/config.h"
#include "server/exit_code.h"
#include "server/freed_memory.h"
#include "server/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace varve {

namespace {

ConfigSources sources_of(int count, char** arguments) {
    ConfigSources sources;
    sources.arguments.assign(arguments + 1, arguments + count);
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string variable = *entry;
        const size_t equals = variable.find('=');
        if (!variable.starts_with("VARVE_") || equals == std::string::npos) continue;
        sources.environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
    return sources;
}

// Every connection is a file descriptor, and the usual limit of 1024 is for programs that use
// select().
void raise_file_limit(Diag& diag) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
    diag.warn("server.file_limit_kept", {{"files", limit.rlim_cur}});
}

void say_ready(const Server& server) {
    std::string line = "varved: ready";
    for (const std::string& address : server.amqp_addresses()) line += " amqp=" + address;
    for (const std::string& address : server.amqps_addresses()) line += " amqps=" + address;
    line += "\n";
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
}

void reload_on(boost::asio::signal_set& hangup, Server& server) {
    hangup.async_wait([&](const boost::system::error_code& cancelled, int /*signal*/) {
        if (cancelled) return;
        server.reload_certificates();
        reload_on(hangup, server);
    });
}

int failed(Diag& diag, const StartFailure& failure) {
    const int code = static_cast<int>(failure.exit_code);
    diag.error("server.not_started", {{"reason", failure.text}, {"exit_code", code}});
    return code;
}

int run(const Config& config) {
    Diag diag(config.diag, system_clock());
    raise_file_limit(diag);
    boost::asio::io_context context;
    const FreedMemory freed_memory(context);
    auto outcome = Server::start(config, diag);
    if (const auto* failure = std::get_if<StartFailure>(&outcome)) return failed(diag, *failure);
    const std::unique_ptr<Server>& server = *std::get_if<std::unique_ptr<Server>>(&outcome);

    boost::asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](const boost::system::error_code& cancelled, int signal) {
        if (cancelled) return;
        diag.info("server.stopping", {{"signal", signal}});
        // Whoever presses Ctrl-C twice wants it gone at once; a supervisor may well repeat SIGTERM.
        signals.remove(SIGINT);
        context.stop();
    });
    // Only where there is something to reload: a terminal that closes is otherwise meant to end it.
    boost::asio::signal_set hangup(context);
    if (server->has_tls()) {
        hangup.add(SIGHUP);
        reload_on(hangup, *server);
    }
    server->on_failure([&](const Error& error) {
        diag.error("engine.failed",
                   {{"reason", error.detail}, {"next", "check the disk, then start again"}});
        std::_Exit(static_cast<int>(ExitCode::io));
    });
    say_ready(*server);
    context.run();

    if (const auto stopped = server->stop(); !stopped) {
        diag.error("server.stopped", {{"reason", stopped.error().detail}});
        return static_cast<int>(ExitCode::io);
    }
    diag.info("server.stopped", {});
    return 0;
}

}  // namespace

}  // namespace varve

int main(int count, char** arguments) {
    std::signal(SIGPIPE, SIG_IGN);  // who reads our output may go before we do
    const auto outcome = varve::load_config(varve::sources_of(count, arguments));
    if (const auto* text = std::get_if<varve::ConfigText>(&outcome)) {
        std::fputs(text->text.c_str(), stdout);
        return 0;
    }
    if (const auto* failure = std::get_if<varve::StartFailure>(&outcome)) {
        std::fprintf(stderr, "varved: %s\n", failure->text.c_str());
        return static_cast<int>(failure->exit_code);
    }
    return varve::run(*std::get_if<varve::Config>(&outcome));
}
