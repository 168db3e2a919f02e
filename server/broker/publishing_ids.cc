#include "server/broker/publishing_ids.h"

#include "server/message/field_table.h"

#include <algorithm>

namespace varve {

std::optional<PublishingId> publishing_id_of(ByteView headers) {
    constexpr size_t kNameMax = 255;
    const auto name = amqp::find_field(headers, "x-stream-publisher-name");
    const auto number = amqp::find_field(headers, "x-stream-publishing-id");
    if (!name || !number || name->code != 'S') return std::nullopt;
    const auto value = amqp::FieldValue::decode(*number);
    const auto id = value ? value->as_integer() : std::nullopt;
    if (name->value.empty() || name->value.size() > kNameMax || !id || *id < 0) return std::nullopt;
    return PublishingId{name->value, *id};
}

PublishingIds::Admitted PublishingIds::admit(const PublishingId& message, ShardIndex shard) {
    const MutexLock lock(mutex_);
    Admitted admitted;
    auto found = publishers_.find(message.publisher);
    if (found == publishers_.end()) {
        if (publishers_.size() >= kPublishersMax) admitted.forgotten = forget_one();
        found = publishers_.try_emplace(std::string(message.publisher)).first;
    }
    Publisher& publisher = found->second;
    publisher.used = ++uses_;
    OnItsWay* own = nullptr;
    bool is_elsewhere = false;
    for (OnItsWay& way : publisher.on_their_way) {
        if (way.shard == shard) own = &way;
        is_elsewhere = is_elsewhere || (way.shard != shard && message.id <= way.id);
    }
    if (message.id <= publisher.durable || (own != nullptr && message.id <= own->id)) {
        admitted.admission = Admission::known;
    } else if (is_elsewhere) {
        admitted.admission = Admission::unclear;
    } else if (own != nullptr) {
        own->id = message.id;
    } else {
        publisher.on_their_way.push_back({shard, message.id});
    }
    return admitted;
}

void PublishingIds::settle(const std::string& publisher, int64_t id, ShardIndex shard, Fate fate) {
    const MutexLock lock(mutex_);
    const auto found = publishers_.find(publisher);
    if (found == publishers_.end()) return;
    if (fate == Fate::durable) found->second.durable = std::max(found->second.durable, id);
    std::erase_if(found->second.on_their_way,
                  [&](const OnItsWay& way) { return way.shard == shard && way.id <= id; });
}

void PublishingIds::load(std::string publisher, int64_t id) {
    const MutexLock lock(mutex_);
    publishers_[std::move(publisher)].durable = id;
}

std::vector<std::string> PublishingIds::publishers() const {
    const MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, publisher] : publishers_) names.push_back(name);
    return names;
}

std::optional<std::string> PublishingIds::forget_one() {
    auto oldest = publishers_.end();
    for (auto at = publishers_.begin(); at != publishers_.end(); ++at) {
        if (!at->second.on_their_way.empty()) continue;
        if (oldest == publishers_.end() || at->second.used < oldest->second.used) oldest = at;
    }
    if (oldest == publishers_.end()) return std::nullopt;
    std::string name = oldest->first;
    publishers_.erase(oldest);
    return name;
}

}  // namespace varve
