// Whole AMQP sessions, from the socket to the disk: any bytes, and scripts of frames that mean
// something. The broker is the real one, with its shards; its disk is in memory.
#include "tests/fuzz/session/clean_slate.h"
#include "tests/fuzz/session/session_script.h"

#include <memory>

using namespace varve;

namespace {

// One broker serves many inputs: to start one takes as long as a hundred of them. What the disk in
// memory remembers of its past goes with each.
class BrokerOfManyInputs {
public:
    // With its first broker: what a broker makes for the whole process outlives it then.
    BrokerOfManyInputs() { start(); }

    WireBroker& broker() {
        if (++inputs_ % kInputsMax == 0) start();
        return *broker_;
    }
    BrokerHome& home() { return *home_; }

private:
    static constexpr uint64_t kInputsMax = 2000;

    void start() {
        broker_.reset();
        home_ = std::make_unique<BrokerHome>();
        broker_ = std::make_unique<WireBroker>(*home_);
    }

    std::unique_ptr<BrokerHome> home_;
    std::unique_ptr<WireBroker> broker_;
    uint64_t inputs_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static BrokerOfManyInputs brokers;
    WireBroker& broker = brokers.broker();
    SessionScript(broker, brokers.home(), ByteView(reinterpret_cast<const char*>(data), size))
        .play();
    clean(broker.broker());
    return 0;
}
