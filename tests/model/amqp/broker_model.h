// A broker as AMQP clients have to see it: lists and maps in memory, and no more.
#pragma once

#include "tests/model/amqp/model_exchange.h"
#include "tests/model/amqp/model_queue.h"
#include "tests/model/amqp/seen.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace varve::model {

enum class Settling : uint8_t { ack, reject, requeue };

// What is out at a channel.
struct Out {
    uint64_t queue = 0;
    ModelMessage message;
    uint64_t consumer = 0;  // 0: basic.get
};

struct ModelChannel {
    bool confirms = false;
    bool transactional = false;
    uint32_t prefetch = 0;        // of consumers to come
    uint32_t prefetch_all = 0;    // of the channel
    std::map<uint64_t, Out> out;  // by delivery tag
    uint64_t published = 0;       // in confirm mode
    std::map<uint64_t, bool> verdicts;
    std::vector<std::pair<ModelMessage, bool>> tx_publishes;  // and whether mandatory
    std::vector<std::pair<Out, Settling>> tx_settlings;
    std::map<uint64_t, uint64_t> tx_tags;  // tags of those, to put them back
};

// Which of several consumers gets a message, and which of several messages that died at once comes
// first, is the broker's choice: so deliveries are not foretold but taken in, if they are legal,
// and what should have been delivered and was not is a difference, too.
//
// A copy is another broker. Answers are codes that close the channel (or the connection), 0 if all
// is well.
class BrokerModel {
public:
    struct Counted {
        int code = 0;
        size_t ready = 0;
        size_t consumers = 0;
    };

    void begin_step() {
        ++step_;
        connection_ends_ = false;
    }
    void set_now(TimePoint now) { now_ = now; }
    // The next time at which something expires.
    std::optional<TimePoint> next_expiry() const;

    // ---- topology: model_topology.cc
    int declare_exchange(const std::string& name, const ExchangeKind& kind);
    int delete_exchange(const std::string& name, bool if_unused);
    int bind(size_t connection, const std::string& source, ModelBinding binding);
    int unbind(size_t connection, const std::string& source, const ModelBinding& binding);
    Counted declare_queue(size_t connection, const std::string& name, const QueueKind& kind);
    Counted check_queue(size_t connection, const std::string& name) const;
    Counted delete_queue(size_t connection, const std::string& name, bool unused, bool empty);
    Counted purge(size_t connection, const std::string& name);
    void restart();

    // ---- channels: model_channels.cc
    void open(ChannelAddress at) { channels_[at]; }
    bool is_open(ChannelAddress at) const { return channels_.contains(at); }
    void close(ChannelAddress at);
    void close_connection(size_t connection);
    ModelChannel& channel(ChannelAddress at) { return channels_.at(at); }
    int consume(const std::string& queue, ModelConsumer consumer);
    void cancel(ChannelAddress at, const std::string& tag);
    // 404, 405, or what get-ok has to say is seen later.
    int get(ChannelAddress at, const std::string& queue);
    int settle(ChannelAddress at, uint64_t tag, bool multiple, Settling how);
    void recover(ChannelAddress at);
    void rollback(ChannelAddress at);

    // ---- messages: model_messages.cc
    int publish(ChannelAddress at, ModelMessage message, bool mandatory);
    int commit(ChannelAddress at);
    // Whether order or room depends on how several publishes come in.
    bool is_delicate(const ModelMessage& message) const;

    // ---- what was seen: model_seen.cc
    // Takes in a whole step. The first difference; empty if there is none.
    std::string take_in(const Seen& seen, bool no_ack_get);

    const std::map<std::string, uint64_t>& names() const { return names_; }
    const ModelQueue& queue(const std::string& name) const { return queues_.at(names_.at(name)); }
    bool has_queue(const std::string& name) const { return names_.contains(name); }
    const std::map<std::string, ModelExchange>& exchanges() const { return exchanges_; }
    const ModelChannel* find_channel(ChannelAddress at) const {
        const auto found = channels_.find(at);
        return found == channels_.end() ? nullptr : &found->second;
    }
    bool may_use(size_t connection, const ModelQueue& queue) const {
        return !queue.owner || *queue.owner == connection;
    }
    // What the step has to show beside deliveries.
    std::multiset<std::pair<ChannelAddress, std::string>> expected_cancels;
    std::map<ChannelAddress, std::vector<int>> expected_returns;
    // The order of two dead letters was open, and a length limit chose one of them.
    bool is_open_ended() const { return open_ended_; }

private:
    // ---- model_topology.cc
    ModelQueue* find_queue(const std::string& name);
    void remove_queue(const std::string& name, bool tell);
    void remove_exchange(const std::string& name);
    void drop_bindings_to(bool queue, const std::string& destination);

    // ---- model_channels.cc
    void remove_consumer(uint64_t queue, uint64_t consumer);
    void end_settling(const Out& out, Settling how);
    void end_settling(ChannelAddress at, std::vector<uint64_t> tags, Settling how);

    // ---- model_messages.cc
    std::set<std::string> route(const ModelMessage& message) const;
    bool put(ModelQueue& queue, ModelMessage message, const std::string& source, int depth);
    void bury(const ModelQueue& from, ModelMessage message, Reason reason, int depth = 0);
    bool publish_now(ChannelAddress at, const ModelMessage& message, bool mandatory);

    // ---- model_seen.cc
    struct Unseen {
        const SeenDelivery* delivery;
        bool taken = false;
    };
    bool has_expired(const ModelMessage& message) const;
    std::vector<ModelMessage>::iterator find_seen(ModelQueue& queue,
                                                  const SeenDelivery& seen,
                                                  const std::vector<size_t>& chosen) const;
    std::string take_in_get(const SeenDelivery& got, bool no_ack);
    std::string take_in_confirms(const Seen& seen);
    std::string deliver(uint64_t id, std::vector<Unseen>& deliveries, bool& moved);
    std::string check_overtaken(const ModelQueue& queue, const std::vector<size_t>& chosen) const;
    bool expire_heads(ModelQueue& queue);
    bool shorten(ModelQueue& queue);
    std::string check_idle(const Seen& seen) const;
    bool may_take(const ModelQueue& queue, const ModelConsumer& consumer) const;
    uint32_t out_of(ChannelAddress at, uint64_t consumer) const;
    uint32_t out_of_channel(ChannelAddress at) const;

    std::map<std::string, ModelExchange> exchanges_;
    std::map<uint64_t, ModelQueue> queues_;
    std::map<std::string, uint64_t> names_;
    std::map<ChannelAddress, ModelChannel> channels_;
    std::optional<std::pair<uint64_t, ChannelAddress>> get_;  // asked in this step
    uint64_t next_id_ = 1;
    uint64_t next_place_ = 1;
    uint64_t step_ = 0;
    TimePoint now_;
    bool open_ended_ = false;
    bool connection_ends_ = false;  // in this step: its channels give back one after the other
};

}  // namespace varve::model
