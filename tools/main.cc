// The program `varve`: the table of its commands, and how they are called.
#include "tools/command.h"
#include "tools/dump/dump_command.h"
#include "tools/dump/stat_command.h"
#include "tools/dump/verify_command.h"
#include "tools/load/command.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace {

using varve::Command;
using varve::ExitCode;

std::vector<Command> commands() {
    return {varve::dump_command(),
            varve::stat_command(),
            varve::verify_command(),
            varve::load::bench_command()};
}

// Puts the examples in front: they answer more questions than the list of options.
class ExamplesFirst : public CLI::Formatter {
public:
    explicit ExamplesFirst(std::string examples) : examples_(std::move(examples)) {
        column_width(34);
    }

    std::string make_help(const CLI::App* app,
                          std::string name,
                          CLI::AppFormatMode mode) const override {
        std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
        if (mode != CLI::AppFormatMode::Normal || examples_.empty()) return help;
        return "Examples\n" + examples_ + "\n\n" + help;
    }

private:
    std::string examples_;
};

struct Added {
    const CLI::App* app;
    std::function<ExitCode()> run;
};

std::vector<Added> add_commands(CLI::App& varve) {
    std::vector<Added> added;
    for (const Command& command : commands()) {
        CLI::App* sub = varve.add_subcommand(command.name, command.summary);
        sub->formatter(std::make_shared<ExamplesFirst>(command.examples));
        added.push_back({sub, command.add(*sub)});
    }
    return added;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App varve("varve: look into, measure and check a Varve broker", "varve");
    varve.require_subcommand(1);
    const std::vector<Added> added = add_commands(varve);
    try {
        varve.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help is no mistake; it goes to stdout.
        const bool asked_for_help = varve.exit(error) == 0;
        return static_cast<int>(asked_for_help ? ExitCode::done : ExitCode::usage);
    }
    for (const auto& [app, run] : added) {
        if (app->parsed()) return static_cast<int>(run());
    }
    return static_cast<int>(ExitCode::usage);
}
