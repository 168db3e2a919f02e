#include "tools/dump/verify_command.h"

#include "engine/io/clock.h"
#include "tools/dump/data_dir.h"
#include "tools/dump/output_format.h"
#include "tools/dump/verification.h"
#include "tools/terminal/complaint.h"
#include "tools/terminal/output.h"
#include "tools/terminal/progress_bar.h"
#include "tools/terminal/style.h"
#include "tools/text/bytes_text.h"
#include "tools/text/json_writer.h"
#include "tools/text/size_text.h"

#include <fmt/format.h>

#include <memory>
#include <unistd.h>

namespace varve {
namespace {

constexpr const char* kExamples =
    "  varve verify                  every checksum of ./varve-data; a broker may be running\n"
    "  varve verify -D /mnt/backup   before a copy is needed\n"
    "  varve verify -o json | jq '.damages'";

struct VerifyOptions {
    DataDir data;
    std::string output = "text";
};

std::string tail_text(const Verification& found) {
    if (found.tail_cut == 0) return "";
    return fmt::format(
        "; {} behind its end are {}",
        size_text(found.tail_cut),
        found.in_use
            ? "being written"
            : "torn, nothing says that they were ever confirmed, and are cut off by the next "
              "start");
}

std::string text_of(const Verification& found, const Style& style) {
    std::string text = fmt::format("journal  {} frames, {}{}\n",
                                   count_text(static_cast<int64_t>(found.frames)),
                                   size_text(found.journal_size),
                                   tail_text(found));
    text += !found.store_opened
                ? "store    cannot be opened\n"
                : fmt::format("store    {}\nlogs     {} logs, {} batches, {} messages, {}\n",
                              size_text(found.store_size),
                              count_text(static_cast<int64_t>(found.logs)),
                              count_text(static_cast<int64_t>(found.batches)),
                              count_text(found.records),
                              size_text(found.record_size));
    for (const Damage& damage : found.damages) {
        text += style.paint("damaged", Colour::red) + "  " + one_line(damage.place) +
                "\n         " + damage.consequence + '\n';
    }
    if (found.damages.empty())
        text += style.paint("ok", Colour::green) + "       every checksum is right\n";
    return text;
}

std::string json_of(const Verification& found) {
    std::string line;
    JsonWriter json(line);
    json.begin_object()
        .field("v", int64_t{1})
        .field("ok", found.damages.empty())
        .field("in_use", found.in_use);
    json.key("journal")
        .begin_object()
        .field("frames", found.frames)
        .field("size", found.journal_size);
    json.field("tail_cut", found.tail_cut).end_object();
    json.key("store").begin_object().field("size", found.store_size).end_object();
    json.field("logs", found.logs).field("batches", found.batches).field("messages", found.records);
    json.field("message_size", found.record_size).key("damages").begin_array();
    for (const Damage& damage : found.damages)
        json.begin_object()
            .field("place", damage.place)
            .field("consequence", damage.consequence)
            .end_object();
    json.end_array().end_object();
    return line + '\n';
}

ExitCode run(const VerifyOptions& options) {
    constexpr OutputFormat kFormats[] = {OutputFormat::text, OutputFormat::json};
    const auto format = parse_output_format(options.output, kFormats);
    if (!format) return complain(format.error(), "varve verify --help");
    ProgressBar bar(system_clock());
    const auto found = verify(
        posix_file_system(),
        options.data.path,
        [&](std::string_view what, Bytes done, Bytes total) { bar.show(what, done, total); });
    bar.wipe();
    if (!found) return options.data.complain(found.error());
    Output output(STDOUT_FILENO);
    auto written = output.write(*format == OutputFormat::text
                                    ? text_of(*found, Style::of(output.is_terminal()))
                                    : json_of(*found));
    if (written) written = output.flush();
    if (!written) return options.data.complain(written.error());
    return found->damages.empty() ? ExitCode::done : ExitCode::damaged;
}

std::function<ExitCode()> add(CLI::App& command) {
    auto options = std::make_shared<VerifyOptions>();
    options->data.add_option(command);
    command.add_option("-o,--output", options->output, "text or json")->capture_default_str();
    return [options] { return run(*options); };
}

}  // namespace

Command verify_command() {
    return {"verify", "check every checksum of a data directory", kExamples, add};
}

}  // namespace varve
