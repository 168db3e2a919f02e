#include "server/broker/flow.h"

namespace varve {

void Flow::update() {
    if (judge()) on_change_();
}

bool Flow::judge() {
    // One at a time: of two that judge together, the one that saw less could have the last word.
    const MutexLock lock(mutex_);
    const bool held = held_.load();
    const Bytes in_flight = engine_.bytes_in_flight();
    const Bytes transient = transient_memory_.used();
    // Released well below the limits, so that publishers are not stopped and started all the time.
    const Bytes in_flight_limit = held ? limits_.in_flight_max / 2 : limits_.in_flight_max;
    const Bytes transient_limit = held ? limits_.transient_max / 10 * 9 : limits_.transient_max;
    const bool hold = alarms().any() || in_flight > in_flight_limit || transient > transient_limit;
    return held_.exchange(hold) != hold;
}

void Flow::set_alarm(Alarm alarm, bool raised) {
    std::atomic<bool>& flag = alarm == Alarm::disk ? raised_disk_ : raised_memory_;
    if (flag.exchange(raised) == raised) return;
    on_change_();
    update();
}

void Flow::set_disk(DiskState disk) {
    if (disk_.exchange(disk) == disk) return;
    on_change_();
    update();
}

}  // namespace varve
