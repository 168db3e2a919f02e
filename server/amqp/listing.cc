// What connections and channels say of themselves to the control door.
#include "server/amqp/channel.h"
#include "server/amqp/connection.h"

#include <algorithm>

namespace varve::amqp {

std::vector<SessionId> Sessions::ids() const {
    std::vector<SessionId> ids;
    for (const auto& [id, connection] : connections_) {
        if (connection->has_opened()) ids.push_back(id);
    }
    std::ranges::sort(ids);
    return ids;
}

std::vector<ConnectionListing> Sessions::list(const std::vector<SessionId>& ids) const {
    std::vector<ConnectionListing> listed;
    for (const SessionId id : ids) {
        const auto found = connections_.find(id);
        if (found != connections_.end()) listed.push_back(found->second->listing());
    }
    return listed;
}

bool Sessions::close(SessionId id, const std::string& reason) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return false;
    const std::shared_ptr<Connection> connection = found->second;
    connection->close_forced(reason);
    return true;
}

ConnectionListing Connection::listing() const {
    ConnectionListing listed;
    listed.id = session_.id;
    listed.shard = environment().shard.index();
    listed.peer = session_.peer;
    listed.local = stream_.local();
    listed.user = session_.user;
    listed.vhost = session_.vhost_name;
    // RabbitMQ's words: blocked is who publishes and is held.
    if (stage_ != Stage::open)
        listed.state = "closing";
    else if (publishes_ && broker().publishing_held())
        listed.state = "blocked";
    else
        listed.state = "running";
    listed.client_properties = client_.properties;
    listed.connection_name = client_.connection_name;
    listed.connected_at = opened_at_.value_or(TimePoint());
    listed.channel_max = channel_max_;
    listed.frame_size_max = static_cast<uint32_t>(frame_size_max_);
    listed.heartbeat = std::chrono::duration_cast<std::chrono::seconds>(heartbeat_.interval);
    for (const auto& [number, channel] : channels_) listed.channels.push_back(channel->listing());
    std::ranges::sort(listed.channels, {}, &ChannelListing::number);
    return listed;
}

ChannelListing Channel::listing() const {
    ChannelListing listed;
    listed.number = number_;
    listed.prefetch = prefetch_;
    if (channel_credit_) listed.global_prefetch = channel_credit_->limit();
    listed.unsettled = unsettled_.count();
    listed.confirms = confirms_ != nullptr;
    if (confirms_) listed.unconfirmed = confirms_->waiting(publisher_->next());
    listed.transactional = tx_ != nullptr;
    for (const auto& [tag, consumer] : consumers_) {
        if (!consumer->is_accepted()) continue;
        listed.consumers.push_back(
            {.tag = tag,
             .queue = consumer->queue,
             .ack_mode = consumer->ack_mode,
             .exclusive = consumer->asked.exclusive,
             .priority = consumer->asked.priority,
             .prefetch = static_cast<uint16_t>(consumer->port->consumer_credit->limit()),
             .arguments = consumer->asked.arguments});
    }
    return listed;
}

}  // namespace varve::amqp
