#include "server/amqp/delivery_sources.h"

#include "engine/base/check.h"

#include <utility>

namespace varve::amqp {

SourceIndex DeliverySources::add(std::shared_ptr<CreditGate> consumer_credit,
                                 std::optional<ReaderSource> reading) {
    const SourceIndex index = free_place();
    sources_[index] = {{}, std::move(consumer_credit), 0, true, reading};
    return index;
}

SourceIndex DeliverySources::add_got(const QueueAddress& queue) {
    for (SourceIndex index = 0; index < sources_.size(); ++index) {
        DeliverySource& source = sources_[index];
        if (source.out == 0 || source.is_used || source.consumer_credit || source.queue != queue)
            continue;
        ++source.out;
        return index;
    }
    const SourceIndex index = free_place();
    sources_[index] = {queue, nullptr, 1, false, std::nullopt};
    return index;
}

void DeliverySources::end_use(SourceIndex index) {
    sources_[index].is_used = false;
    settled(index, 0);
}

void DeliverySources::settled(SourceIndex index, uint32_t count) {
    DeliverySource& source = sources_[index];
    VARVE_DCHECK(source.out >= count);
    source.out -= count;
    if (is_free(source)) source.consumer_credit.reset();
}

SourceIndex DeliverySources::free_place() {
    for (SourceIndex index = 0; index < sources_.size(); ++index) {
        if (is_free(sources_[index])) return index;
    }
    sources_.emplace_back();
    return static_cast<SourceIndex>(sources_.size() - 1);
}

}  // namespace varve::amqp
