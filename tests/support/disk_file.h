// The content of one file on a simulated disk: what programs see, and what a power loss leaves of
// it.
#pragma once

#include "engine/base/types.h"
#include "tests/support/seeded_rng.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace varve {

// What of the unsynced changes a crash leaves on the disk.
enum class Survival : uint8_t {
    nothing,
    everything,
    random,  // any sector in any of the states it had since the last sync; any unsynced name there
             // or not
};

// Sectors of 512 bytes are written whole or not at all; otherwise nothing orders unsynced writes.
// Caller-serialised.
class DiskFile {
public:
    DiskFile() = default;
    explicit DiskFile(std::string content) : live_(content), durable_(std::move(content)) {}

    uint64_t size() const { return live_.size(); }
    size_t read(uint64_t at, std::span<char> into) const;
    void write(uint64_t at, ByteView bytes);
    void truncate(uint64_t size);

    void sync();
    // As Linux does after a failed fsync: programs still see the data, but no later sync() makes it
    // durable.
    void fail_sync();

    // Damages the disk itself. `byte` lies inside the file.
    void flip_bit(uint64_t byte, unsigned bit);

    std::string after_crash(Survival survival, SeededRng& rng) const;

private:
    struct Change {
        bool is_truncate = false;
        uint64_t at = 0;  // or the new size
        std::string bytes;
        bool doomed = false;  // a sync of it failed
        void apply(std::string& content) const;
    };
    std::string with_prefix_of_changes(SeededRng& rng) const;
    std::string with_random_sectors(SeededRng& rng) const;

    std::string live_;
    std::string durable_;
    std::vector<Change> unsynced_;
};

}  // namespace varve
