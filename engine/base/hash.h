// XXH3-64, the one checksum of every format here (docs/storage-format.md, Checksums).
#pragma once

#include "engine/base/types.h"

#include <memory>

namespace varve {

uint64_t xxh3(ByteView bytes);

// The same value as xxh3() of all the pieces in a row. Caller-serialised.
class Xxh3Stream {
public:
    Xxh3Stream();
    ~Xxh3Stream();
    Xxh3Stream(const Xxh3Stream&) = delete;
    Xxh3Stream& operator=(const Xxh3Stream&) = delete;

    void reset();
    void update(ByteView bytes);
    uint64_t digest() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace varve
