#include "tools/dump/dump_command.h"

#include "engine/io/clock.h"
#include "tools/dump/data_dir.h"
#include "tools/dump/dump_run.h"
#include "tools/dump/journal_dump.h"
#include "tools/dump/name_hint.h"
#include "tools/terminal/complaint.h"

#include <fmt/format.h>

#include <memory>
#include <unistd.h>

namespace varve {
namespace {

constexpr const char* kExamples =
    "  varve dump -q celery --since 10m                    what went through a queue, acknowledged "
    "or not\n"
    "  varve dump -q celery --state unsettled -n 20        what still waits\n"
    "  varve dump --task 'billing.*' --grep 48121          tasks with that argument, in every "
    "queue\n"
    "  varve dump -q orders --offset 918204..918300 -l     everything about these, headers and "
    "bodies\n"
    "  varve dump -q orders --offset 918205 -o raw > body  one body, byte for byte\n"
    "  varve dump -q celery -o jsonl | jq -r .celery.task  for programs\n"
    "  varve dump -q celery --follow                       watch messages come; nothing is "
    "consumed\n"
    "  varve dump --journal -n 20                          the frames of the journal";

struct DumpOptions {
    DataDir data;
    SelectorText selector;
    std::string output;
    std::string separator = "\n";
    int64_t limit = kNoLimit;
    bool details = false;
    bool follow = false;
    bool journal = false;
};

void add_selection(CLI::App& command, SelectorText& selector) {
    const char* const group = "Select";
    command
        .add_option("-q,--queue", selector.queue, "queues of that name; patterns may hold * and ?")
        ->group(group);
    command.add_option("-V,--vhost", selector.vhost, "virtual hosts of that name [all]")
        ->group(group);
    command
        .add_option("--offset",
                    selector.offsets,
                    "A..B (B is not in it), A.., ..B, A, or -N.. for the last N")
        ->group(group);
    command
        .add_option("--since", selector.since, "10m (ago), 14:00, 2026-05-04, RFC 3339 or @seconds")
        ->group(group);
    command.add_option("--until", selector.until, "the same; what came before that")->group(group);
    command
        .add_option("--state",
                    selector.states,
                    "of a list: ready, delivered, acked, rejected, expired, dropped, purged,\n"
                    "moved, kept; unsettled, settled or dead for "
                    "several of them")
        ->group(group);
    command.add_option("--exchange", selector.exchange, "published to an exchange of that name")
        ->group(group);
    command.add_option("--routing-key", selector.routing_key, "published with such a key")
        ->group(group);
    command
        .add_option(
            "--header", selector.headers, "has that header, or with NAME=PATTERN such a value")
        ->group(group);
    command.add_option("--task", selector.task, "Celery tasks of that name")->group(group);
    command.add_option("--task-id", selector.task_id, "the Celery task with that id")->group(group);
    command
        .add_option("--grep",
                    selector.grep,
                    "body or task arguments match the regular expression (as grep -E)")
        ->group(group);
}

// A queue that is named and not a pattern needs no column of its own.
QueueColumn queue_column(const std::string& queue) {
    const bool exact = !queue.empty() && queue.find_first_of("*?\\") == std::string::npos;
    return exact ? QueueColumn::hidden : QueueColumn::shown;
}

class DumpCommand {
public:
    explicit DumpCommand(const DumpOptions& options) : options_(options), output_(STDOUT_FILENO) {}

    ExitCode run() {
        auto selector = Selector::parse(options_.selector, system_clock().now());
        if (!selector) return misused(selector.error());
        constexpr OutputFormat kMessageFormats[] = {
            OutputFormat::text, OutputFormat::jsonl, OutputFormat::raw};
        const std::string format_name = !options_.output.empty() ? options_.output
                                        : output_.is_terminal()  ? "text"
                                                                 : "jsonl";
        const auto format = parse_output_format(format_name, kMessageFormats);
        if (!format) return misused(format.error());
        if (options_.limit < 1)
            return misused({ErrorCode::invalid_argument, "-n: a count from 1 on"});
        const auto done =
            options_.journal ? print_journal(*format) : print_messages(*selector, *format);
        // What comes before a place that cannot be read is shown, and shown first.
        const auto flushed = output_.flush();
        if (!done) return options_.data.complain(done.error());
        if (!flushed) return options_.data.complain(flushed.error());
        return *done;
    }

private:
    static ExitCode misused(const Error& error) { return complain(error, "varve dump --help"); }

    Result<ExitCode> print_messages(const Selector& selector, OutputFormat format) {
        FileSystem& files = posix_file_system();
        VARVE_TRY(auto view, DirectoryView::open(files, options_.data.path));
        for (const std::string& problem : view.unreadable())
            fmt::print(stderr, "varve: {}\n", problem);
        if (const auto hint = missing_queue_hint(view, selector, options_.selector)) {
            // It may be declared later.
            if (!options_.follow) return complain(*hint, ExitCode::not_found);
            complain({hint->what + " yet: waiting for it", hint->next}, ExitCode::not_found);
        }
        MessagePrinter printer(output_,
                               {.format = format,
                                .details = options_.details,
                                .queue = queue_column(options_.selector.queue),
                                .separator = options_.separator});
        DumpRun run(selector, printer, options_.limit);
        const bool only_new =
            options_.follow && options_.selector.offsets.empty() && options_.selector.since.empty();
        VARVE_TRY(const Walk walk,
                  run.print(view, only_new ? DumpRun::From::end : DumpRun::From::selection));
        if (options_.follow && walk == Walk::go_on) {
            VARVE_TRY(output_.flush());
            VARVE_TRY(const Followed end,
                      follow(files, options_.data.path, output_, run, std::move(view)));
            if (end == Followed::interrupted) return ExitCode::interrupted;
            return end == Followed::reader_gone ? ExitCode::pipe_closed : ExitCode::done;
        }
        tell_where_to_go_on(run);
        if (printer.printed() > 0) return ExitCode::done;
        return complain(no_match_hint(view, selector), ExitCode::nothing);
    }

    void tell_where_to_go_on(const DumpRun& run) const {
        if (!run.stopped_before() || !is_terminal(STDERR_FILENO)) return;
        fmt::print(
            stderr, "varve: ended by -n; more: --offset {}..\n", run.stopped_before()->value);
    }

    Result<ExitCode> print_journal(OutputFormat format) {
        VARVE_TRY(const int64_t frames,
                  dump_journal(options_.data.path, format, options_.limit, output_));
        return frames > 0 ? ExitCode::done : ExitCode::nothing;
    }

    const DumpOptions& options_;
    Output output_;
};

std::function<ExitCode()> add(CLI::App& command) {
    auto options = std::make_shared<DumpOptions>();
    options->data.add_option(command);
    add_selection(command, options->selector);
    const char* const group = "Print";
    command
        .add_option(
            "-o,--output", options->output, "text, jsonl or raw [text on a terminal, else jsonl]")
        ->group(group);
    command
        .add_flag(
            "-l,--long", options->details, "text: everything about a message, over several lines")
        ->group(group);
    command.add_option("--separator", options->separator, "raw: between two bodies [a line end]")
        ->group(group);
    command.add_option("-n,--limit", options->limit, "at most that many")->group(group);
    command
        .add_flag("-f,--follow",
                  options->follow,
                  "go on with what comes; begins at the end without --offset and --since")
        ->group(group);
    command.add_flag("--journal", options->journal, "frames of the journal instead of messages")
        ->group(group);
    return [options] { return DumpCommand(*options).run(); };
}

}  // namespace

Command dump_command() {
    return {
        "dump", "print messages, acknowledged ones too, or frames of the journal", kExamples, add};
}

}  // namespace varve
