#include "server/broker/exchanges/message_history.h"

namespace varve {

namespace {
Bytes size_of(const RememberedMessage& message) {
    return sizeof message + message.exchange.size() + message.routing_key.size() +
           message.properties.size() + message.body.size();
}
}  // namespace

void MessageHistory::add(const RecordView& record) {
    auto message =
        std::make_shared<const RememberedMessage>(RememberedMessage{record.appended,
                                                                    std::string(record.exchange),
                                                                    std::string(record.routing_key),
                                                                    std::string(record.properties),
                                                                    std::string(record.body)});
    size_ += size_of(*message);
    kept_.push_back(std::move(message));
    while (kept_.size() > length_ || size_ > size_max_) {
        size_ -= size_of(*kept_.front());
        kept_.pop_front();
    }
}

}  // namespace varve
