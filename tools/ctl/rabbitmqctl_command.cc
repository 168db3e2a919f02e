#include "tools/ctl/rabbitmqctl_command.h"

#include "tools/ctl/rabbitmqctl.h"

namespace varve::ctl {

namespace {

std::function<ExitCode()> add(CLI::App& command) {
    command.prefix_command();
    command.set_help_flag();  // its own help lists its commands
    return [&command] { return run_rabbitmqctl(command.remaining()); };
}

}  // namespace

varve::Command rabbitmqctl_command() {
    return {"rabbitmqctl",
            "administer a running broker, in the words of RabbitMQ's tool",
            "  varve rabbitmqctl status\n"
            "  varve rabbitmqctl list_queues name messages consumers\n"
            "  varve rabbitmqctl set_policy limit '^celery' '{\"max-length\":1000}'",
            add};
}

}  // namespace varve::ctl
