// The numbers of a data directory as a whole, and how `varve stat` prints all of them.
#pragma once

#include "tools/dump/directory_view.h"
#include "tools/dump/queue_figures.h"
#include "tools/terminal/style.h"

#include <string>
#include <vector>

namespace varve {

struct DirectoryFigures {
    std::string path;
    bool in_use = false;
    std::vector<QueueFigures> queues;
    Bytes journal_size = 0;  // of all its files, spare ones too
    uint64_t journal_files = 0;
    Bytes journal_unstored = 0;  // what a restart would read
    Position journal_end;
    Bytes store_size = 0;
    uint64_t store_files = 0;
    Position store_applied;
};

// The view outlives the answer.
Result<DirectoryFigures> figures_of(FileSystem& files,
                                    const DirectoryView& view,
                                    std::vector<const NamedLog*> logs);

std::string stat_text(const DirectoryFigures& figures, const Style& style);
// One object, with the line end (docs/dump.md, stat).
std::string stat_json(const DirectoryFigures& figures);

}  // namespace varve
