// The program `varve`: the table of its commands, and how they are called.
#include "tools/command.h"
#include "tools/ctl/cursors_command.h"
#include "tools/ctl/rabbitmqctl.h"
#include "tools/ctl/rabbitmqctl_command.h"
#include "tools/dump/dump_command.h"
#include "tools/dump/stat_command.h"
#include "tools/dump/verify_command.h"
#include "tools/load/command.h"
#include "tools/terminal/complaint.h"
#include "tools/text/nearest.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
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
            varve::ctl::cursors_command(),
            varve::ctl::rabbitmqctl_command(),
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

constexpr const char* kExamples =
    "  varve stat                        what is in the broker's directory ./varve-data\n"
    "  varve dump -q celery --since 10m  what went through a queue, acknowledged or not\n"
    "  varve dump -q celery --follow     watch messages come; nothing is consumed\n"
    "  varve verify -D /mnt/backup       whether every byte of a copy is right\n"
    "  varve bench --confirm 500         how fast a broker is, and whether it loses anything";

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

// The command that was typed, as far as it is one.
const CLI::App& typed_command(const CLI::App& varve) {
    const auto parsed = varve.get_subcommands();
    return parsed.empty() ? varve : *parsed.front();
}

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const Command& command : commands()) names.emplace_back(command.name);
    return names;
}

std::string guess(std::string_view typed, const std::vector<std::string>& names) {
    const auto meant = varve::nearest(typed, names);
    return meant ? "did you mean '" + *meant + "'?   " : "";
}

// Of words that CLI11 lists last first: the option, since it may have cost the others their
// meaning.
std::string first_unknown(const std::string& words) {
    std::istringstream reversed(words);
    std::string first;
    for (std::string word; reversed >> word;) {
        if (word.starts_with('-') || !first.starts_with('-')) first = word;
    }
    return first;
}

// CLI11's sentences, with the mistake first and what to do about it on a line of its own.
ExitCode misused(const CLI::App& varve, const CLI::ParseError& error, std::string_view first_word) {
    const CLI::App& command = typed_command(varve);
    if (&command == &varve) {
        const std::vector<std::string> names = command_names();
        const std::string what = first_word.empty()
                                     ? "a command is missing"
                                     : "there is no command '" + std::string(first_word) + "'";
        return varve::complain({what, guess(first_word, names) + "varve --help lists them"},
                               ExitCode::usage);
    }
    const std::string help = "varve " + command.get_name() + " --help";
    const std::string said = error.what();
    const std::string detail = said.substr(std::min(said.rfind(": ") + 2, said.size()));
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        const std::string word = first_unknown(detail);
        return varve::complain({"varve " + command.get_name() + " knows no '" + word + "'",
                                guess(word, option_names(command)) + help},
                               ExitCode::usage);
    }
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr)
        return varve::complain({detail + ": not the kind of value that is wanted there", help},
                               ExitCode::usage);
    return varve::complain({said, help}, ExitCode::usage);
}

}  // namespace

int main(int argc, char** argv) {
    // A symbolic link of that name is enough for scripts that call RabbitMQ's tool.
    if (argc > 0 && varve::ctl::is_rabbitmqctl(argv[0]))
        return static_cast<int>(varve::ctl::run_rabbitmqctl({argv + 1, argv + argc}));
    CLI::App varve("varve: look into, measure and check a Varve broker", "varve");
    varve.require_subcommand(1);
    varve.set_version_flag("--version", "varve " VARVE_VERSION);
    varve.formatter(std::make_shared<ExamplesFirst>(kExamples));
    const std::vector<Added> added = add_commands(varve);
    try {
        varve.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help is no mistake; it goes to stdout.
        if (error.get_exit_code() == 0) return varve.exit(error);
        return static_cast<int>(misused(varve, error, argc > 1 ? argv[1] : ""));
    }
    for (const auto& [app, run] : added) {
        if (app->parsed()) return static_cast<int>(run());
    }
    return static_cast<int>(ExitCode::usage);
}
