#include "tools/dump/stat_command.h"

#include "engine/io/clock.h"
#include "tools/dump/data_dir.h"
#include "tools/dump/directory_figures.h"
#include "tools/dump/name_hint.h"
#include "tools/dump/output_format.h"
#include "tools/dump/selector.h"
#include "tools/terminal/complaint.h"
#include "tools/terminal/output.h"

#include <fmt/format.h>

#include <memory>
#include <unistd.h>

namespace varve {
namespace {

constexpr const char* kExamples =
    "  varve stat                          every durable queue of ./varve-data\n"
    "  varve stat -D ./data -q 'celery*'   some of them, in another directory\n"
    "  varve stat -o json | jq '.queues[] | select(.ready > 1000) | .queue'";

struct StatOptions {
    DataDir data;
    SelectorText selector;
    std::string output = "text";
};

Result<ExitCode> print_figures(const StatOptions& options,
                               const Selector& selector,
                               OutputFormat format) {
    FileSystem& files = posix_file_system();
    VARVE_TRY(const auto view, DirectoryView::open(files, options.data.path));
    for (const std::string& problem : view.unreadable()) fmt::print(stderr, "varve: {}\n", problem);
    if (const auto hint = missing_queue_hint(view, selector, options.selector))
        return complain(*hint, ExitCode::not_found);
    std::vector<const NamedLog*> wanted;
    for (const NamedLog& log : view.logs()) {
        if (selector.wants(log)) wanted.push_back(&log);
    }
    VARVE_TRY(const auto figures, figures_of(files, view, std::move(wanted)));
    Output output(STDOUT_FILENO);
    VARVE_TRY(output.write(format == OutputFormat::text
                               ? stat_text(figures, Style::of(output.is_terminal()))
                               : stat_json(figures)));
    VARVE_TRY(output.flush());
    return ExitCode::done;
}

ExitCode run(const StatOptions& options) {
    const auto selector = Selector::parse(options.selector, system_clock().now());
    constexpr OutputFormat kFormats[] = {OutputFormat::text, OutputFormat::json};
    const auto format = parse_output_format(options.output, kFormats);
    if (!selector || !format)
        return complain(selector ? format.error() : selector.error(), "varve stat --help");
    const auto done = print_figures(options, *selector, *format);
    return done ? *done : options.data.complain(done.error());
}

std::function<ExitCode()> add(CLI::App& command) {
    auto options = std::make_shared<StatOptions>();
    options->data.add_option(command);
    command.add_option(
        "-q,--queue", options->selector.queue, "queues of that name; patterns may hold * and ?");
    command.add_option("-V,--vhost", options->selector.vhost, "virtual hosts of that name [all]");
    command.add_option("-o,--output", options->output, "text or json")->capture_default_str();
    return [options] { return run(*options); };
}

}  // namespace

Command stat_command() {
    return {"stat", "queues of a data directory: messages, sizes, cursors", kExamples, add};
}

}  // namespace varve
