// What `varve dump` does once its options are read.
#pragma once

#include "engine/io/file_system.h"
#include "tools/dump/directory_view.h"
#include "tools/dump/message_printer.h"
#include "tools/dump/message_walk.h"
#include "tools/dump/selector.h"

#include <limits>
#include <optional>
#include <unordered_map>

namespace varve {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// Prints the messages that a selector wants, queue by queue; then, if told to, those that come.
//
// Threading: Caller-serialised. What is referred to outlives it.
class DumpRun {
public:
    DumpRun(const Selector& selector, MessagePrinter& printer, int64_t limit)
        : selector_(selector), printer_(printer), left_(limit) {}

    enum class From : uint8_t { selection, end };
    // Prints what is there (nothing of it, with From::end). `stop` when the limit was reached.
    Result<Walk> print(const DirectoryView& view, From from);
    // Prints what is there now and was not at the last call of either.
    Result<Walk> print_new(const DirectoryView& view);

    // Where the limit ended it, for going on.
    std::optional<Offset> stopped_before() const { return stopped_before_; }

private:
    Result<Walk> print_range(const NamedLog& log, OffsetRange range);

    const Selector& selector_;
    MessagePrinter& printer_;
    int64_t left_;
    std::unordered_map<LogId, Offset> next_;  // of every log seen
    std::optional<Offset> stopped_before_;
};

enum class Followed : uint8_t { reader_gone, limit_reached, interrupted };

// Keeps printing what is committed until nobody reads, the limit is reached or somebody stops it.
Result<Followed> follow(
    FileSystem& files, const Path& directory, Output& output, DumpRun& run, DirectoryView view);

}  // namespace varve
