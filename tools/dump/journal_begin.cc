#include "tools/dump/journal_begin.h"

#include "engine/journal/file_header.h"
#include "engine/journal/file_names.h"

#include <array>

namespace varve {

std::optional<Position> journal_begin(FileSystem& files, const Path& journal) {
    const auto names = files.list(journal);
    if (!names) return std::nullopt;
    for (const std::string& name : *names) {  // sorted, oldest first
        const auto sequence = journal::sequence_of(name);
        if (!sequence) continue;
        const auto file = files.open(journal / name, OpenMode::read);
        if (!file) return std::nullopt;
        std::array<char, journal::kFileHeaderSize> page{};
        const auto size = (*file)->read_at(0, page);
        if (!size) return std::nullopt;
        const auto header = journal::decode_file_header({page.data(), *size});
        if (!header || header->sequence != *sequence) return std::nullopt;
        return header->frames_before;
    }
    return std::nullopt;
}

}  // namespace varve
