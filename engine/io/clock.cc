#include "engine/io/clock.h"

#include "engine/base/check.h"

#include <cstring>
#include <sys/random.h>

namespace varve {
namespace {

class SystemClock final : public Clock {
public:
    TimePoint now() const override {
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
    }
    std::chrono::nanoseconds monotonic() const override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
};

class SystemRng final : public Rng {
public:
    uint64_t next() override {
        uint64_t value = 0;
        VARVE_CHECK(getrandom(&value, sizeof value, 0) == sizeof value);
        return value;
    }
};

}  // namespace

Id128 random_id(Rng& rng) {
    Id128 id;
    for (size_t at = 0; at < id.bytes.size(); at += sizeof(uint64_t)) {
        const uint64_t part = rng.next();
        std::memcpy(id.bytes.data() + at, &part, sizeof part);
    }
    return id;
}

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

Rng& system_rng() {
    static SystemRng rng;
    return rng;
}

}  // namespace varve
