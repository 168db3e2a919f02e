// What the tests of a log share: an engine on a disk in memory.
#pragma once

#include "tests/support/engines.h"
#include "tests/support/faulty_file_system.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace varve {

class LogTest : public testing::Test {
protected:
    void SetUp() override { engine_ = must(home_.open()); }
    void reopen() {
        must(engine_->close());
        engine_ = must(home_.open());
    }
    LogRef again(const LogRef& log) { return engine_->find_log(log->id()); }

    FaultyFileSystem disk_;
    EngineHome home_{disk_};
    std::unique_ptr<Engine> engine_;
};

inline std::string kilobyte(int n) { return std::to_string(n) + std::string(1000, 'x'); }

}  // namespace varve
