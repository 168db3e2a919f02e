#include "server/broker/broker_parts.h"

#include "server/broker/administration_parts.h"
#include "server/broker/dead_letter.h"
#include "server/broker/definitions.h"
#include "server/broker/delay.h"
#include "server/broker/resource.h"

#include <algorithm>

namespace varve {

BrokerShard::Parts::Parts(BrokerCommons shared, ShardIndex index)
    : commons(std::move(shared)),
      shard(commons.shards.at(index)),
      mail(commons.office, [this] { note_change(); }),
      commits(shard,
              commons.engine,
              commons.office,
              mail,
              {.on_change = [this] { note_change(); },
               .on_durable = [this] { commons.flow.update(); }}),
      queues({.shard = shard,
              .clock = commons.clock,
              .commits = commits,
              .mail = mail,
              .readers = commons.readers,
              .transient_memory = commons.flow.transient_memory(),
              .timer_check_max = commons.options.timer_check_max,
              .on_change = [this] { note_change(); },
              .bury = [this](const QueueEntry& source,
                             const DeadLetterTarget& target,
                             const RecordView& record,
                             DeathReason reason) { bury(source, target, record, reason); },
              .retire =
                  [this](const QueueEntryRef& queue) {
                      commons.shards.at(0).post([&registrar = commons.registrar, queue] {
                          registrar().remove_closed(queue);
                      });
                  }}) {
    administration = std::make_unique<Administration>(
        std::make_unique<Administration::Parts>(Administration::Parts{*this}));
    commons.office.set_receiver(index, [this](Letter letter) { receive(std::move(letter)); });
}

void BrokerShard::Parts::note_change() {
    if (change_noted) return;
    change_noted = true;
    if (shard.is_current()) {
        shard.at_turn_end([this] { end_turn(); });
    } else {
        shard.post([this] { end_turn(); });  // while the broker starts
    }
}

void BrokerShard::Parts::end_turn() {
    change_noted = false;
    // Transient messages reach the queues first, so that they go out in this turn; what the queues
    // settle and bury joins this turn's transaction.
    commits.end_transients();
    queues.pump();
    // On its way before the turn's durable records can be: those follow it.
    mail.flush();
    commits.end_turn();
    mail.flush();
    commons.flow.update();
}

void BrokerShard::Parts::receive(Letter letter) {
    if (!letter.arrivals.empty()) queues.arrive(std::move(letter.arrivals));
    for (const Settlement& settlement : letter.settlements)
        queues.settle(settlement, Queue::Logged::no);
    for (const Settlement& settlement : letter.logged_settlements)
        queues.settle(settlement, Queue::Logged::yes);
    for (const QueueAddress& queue : letter.pokes) queues.poke(queue);
    for (PortDelivery& delivery : letter.deliveries) {
        ConsumerPort& port = *delivery.port;
        if (port.outbox != nullptr) port.outbox->subtract(delivery.bytes);
        if (port.sink != nullptr) {
            port.sink->deliver(delivery.queue, delivery.deliveries);
            continue;
        }
        if (delivery.ack_mode == AckMode::automatic) continue;
        // The channel has gone: they go back to where they were.
        if (port.channel_credit != nullptr) {
            port.channel_credit->give_back(static_cast<uint32_t>(delivery.deliveries.size()));
        }
        if (delivery.ack_mode == AckMode::reading) continue;
        for (const Delivery& returned : delivery.deliveries) {
            const auto [level, lane, offset] = returned.key;
            mail.to(delivery.queue.shard)
                .settlements.push_back(
                    {delivery.queue, level, lane, {offset, offset + 1}, SettleAction::requeue});
        }
    }
    for (const Recall& recall : letter.recalls) {
        if (recall.port->sink != nullptr) recall.port->sink->recalled(recall.key);
    }
    for (const Cancellation& cancellation : letter.cancellations) {
        if (cancellation.port->sink != nullptr)
            cancellation.port->sink->cancelled(cancellation.reason);
    }
}

void BrokerShard::Parts::apply(const TopologyChange& change) {
    // A queue stops before the shard forgets where it is, and starts after the shard knows.
    if (const auto* removed = std::get_if<QueueRemoved>(&change)) queues.remove(removed->queue->id);
    topology.apply(change);
    if (const auto* added = std::get_if<QueueAdded>(&change);
        added != nullptr && added->queue->shard() == shard.index()) {
        queues.add(added->queue);
    }
    if (const auto* configured = std::get_if<QueueConfigured>(&change)) {
        if (Queue* queue = queues.find(configured->queue->id))
            queue->configure(configured->settings);
    }
}

void BrokerShard::Parts::take_over(const QueueEntryRef& queue, QueueLeft left) {
    std::vector<Arrival> held = queues.end_hold(queue->id);
    queue->live.moving.store(false);
    const QueueSlot* slot = topology.find_queue(queue->id);
    if (slot == nullptr) return;  // deleted on the way
    Queue& here = queues.add(queue, left);
    here.configure(slot->settings);
    std::ranges::move(held, std::back_inserter(left.late));
    for (Arrival& arrival : left.late) here.arrive(std::move(arrival));
}

Result<Exchange*> BrokerShard::Parts::find_publishable(Vhost& vhost, ByteView name) {
    Exchange* exchange = vhost.find_exchange(name);
    if (exchange == nullptr)
        return Error{ErrorCode::not_found, "no " + exchange_text(name, vhost.name())};
    if (!exchange->spec().internal) return exchange;
    return Error{ErrorCode::access_refused,
                 "cannot publish to internal " + exchange_text(name, vhost.name())};
}

Result<void> BrokerShard::Parts::route(Vhost& vhost,
                                       const RecordView& record,
                                       const MessageFacts& facts,
                                       const HeaderMarks& marks) {
    routed.clear();
    if (record.exchange.empty() && !marks.sender_routes) {
        QueueSlot* queue = vhost.find_queue(record.routing_key);
        if (queue != nullptr && !queue->delays) routed.push_back(queue);
        return ok();
    }
    VARVE_TRY(Exchange * exchange, find_publishable(vhost, record.exchange));
    Rng& rng = *commons.options.rng;
    const auto delay = marks.delay ? delay_of(facts.headers) : std::chrono::milliseconds();
    if (!marks.sender_routes) {
        vhost.route(
            *exchange, {{&record.routing_key, 1}, facts.headers, record, rng, delay}, routed);
        return ok();
    }
    VARVE_TRY(const auto keys, routing_keys(record.routing_key, facts.headers));
    vhost.route(*exchange, {keys, facts.headers, record, rng, delay}, routed);
    return ok();
}

Task<Result<void>> BrokerShard::Parts::replay(std::string vhost,
                                              BindingDeclaration binding,
                                              std::vector<RememberedRef> messages) {
    Vhost& in = *topology.find_vhost(vhost);
    const bool to_queue = binding.target == BindingDeclaration::Target::queue;
    for (const RememberedRef& message : messages) {
        const RecordView record{.appended = commons.clock.now(),
                                .exchange = message->exchange,
                                .routing_key = message->routing_key,
                                .properties = message->properties,
                                .body = message->body};
        VARVE_CO_TRY(const MessageFacts facts, read_facts(record.properties));
        routed.clear();
        if (to_queue) {
            if (QueueSlot* queue = in.find_queue(binding.destination)) routed.push_back(queue);
        } else if (Exchange* exchange = in.find_exchange(binding.destination)) {
            in.route(*exchange,
                     {{&record.routing_key, 1}, facts.headers, record, *commons.options.rng},
                     routed);
        }
        for (QueueSlot* queue : routed) {
            if (!put(*queue, facts, record)) bury_refused(*queue, record);
        }
    }
    VARVE_CO_TRY(co_await commits.durable());
    mail.flush();  // what arrived at other shards' queues is there before the answer is
    co_return ok();
}

PublishingIds::Admission BrokerShard::Parts::admit_publishing(const QueueSlot& stream,
                                                              const MessageFacts& facts) {
    const auto message = publishing_id_of(facts.headers);
    if (!message) return PublishingIds::Admission::fresh;
    const QueueEntryRef& entry = stream.entry;
    const auto [admission, forgotten] = entry->live.publishing_ids.admit(*message, shard.index());
    if (forgotten) commits.transaction().erase(publisher_key(entry->id, *forgotten));
    if (admission == PublishingIds::Admission::fresh) commits.note_publishing(entry, *message);
    return admission;
}

std::optional<Lane> BrokerShard::Parts::put(QueueSlot& queue,
                                            const MessageFacts& facts,
                                            RecordView record) {
    if (queue.delays) return hold(queue, facts, record);
    const QueueSpec& spec = queue.entry->spec;
    const QueueSettings& settings = *queue.settings;
    auto admitted = CommitBuffer::Admitted::no;
    if (settings.length.refuses()) [[unlikely]] {
        if (!queue.entry->live.occupancy.admit(settings.length, record.body.size()))
            return std::nullopt;
        admitted = CommitBuffer::Admitted::yes;
    }
    record.expires = expiry_of(record.appended, facts.time_limit, settings.message_ttl);
    const Lane lane = spec.stores(facts.persistent) ? Lane::durable : Lane::transient;
    commits.publish(queue, std::min(facts.priority, spec.max_priority), lane, record, admitted);
    return lane;
}

void BrokerShard::Parts::bury_refused(const QueueSlot& queue, const RecordView& record) {
    // Full queues that lead one to the other: each step copies the message and its deaths.
    constexpr uint32_t kRefusalsMax = 16;
    const QueueSettings& settings = *queue.settings;
    if (settings.length.overflow != Overflow::reject_publish_dlx || !settings.dead_letter) return;
    if (refusals == kRefusalsMax) return;
    ++refusals;
    bury(*queue.entry, *settings.dead_letter, record, DeathReason::maxlen);
    --refusals;
}

Lane BrokerShard::Parts::hold(QueueSlot& queue, const MessageFacts& facts, RecordView record) {
    // The time of a record is that of its publish, in every stage.
    const TimePoint now = commons.clock.now();
    const auto left = record.appended + delay_of(facts.headers) - now;
    const DelayStage stage = delay_stage(std::max(left, std::chrono::milliseconds(1)));
    record.expires = now + stage.length;
    const Lane lane = queue.entry->spec.stores(facts.persistent) ? Lane::durable : Lane::transient;
    commits.publish(queue, stage.level, lane, record, CommitBuffer::Admitted::no);
    return lane;
}

void BrokerShard::Parts::release(QueueSlot& queue,
                                 const std::string& exchange_name,
                                 const RecordView& record) {
    const auto facts = read_facts(record.properties);
    if (!facts) return;  // cannot be: it was read when it was published
    const TimePoint now = commons.clock.now();
    if (record.appended + delay_of(facts->headers) > now) {
        hold(queue, *facts, record);
        return;
    }
    Vhost& vhost = *topology.find_vhost(queue.entry->vhost);
    Exchange* exchange = vhost.find_exchange(exchange_name);
    if (exchange == nullptr) return;  // being deleted, and the queue with it
    const auto keys = routing_keys(record.routing_key, facts->headers);
    if (!keys) return;  // cannot be, either
    std::string properties = with_delay_over(record.properties);
    if (find_marks(facts->headers).hidden_routes) properties = without_hidden_routes(properties);
    RecordView due = record;
    due.appended = now;
    due.properties = properties;
    std::vector<QueueSlot*> targets;
    vhost.route(*exchange, {*keys, facts->headers, due, *commons.options.rng}, targets);
    for (QueueSlot* target : targets) {
        if (!put(*target, *facts, due)) bury_refused(*target, due);
    }
}

void BrokerShard::Parts::bury(const QueueEntry& source,
                              const DeadLetterTarget& target,
                              const RecordView& record,
                              DeathReason reason) {
    if (is_delay_queue(source.name)) {
        if (reason != DeathReason::expired) return;  // a limit that a policy has given it
        return release(*topology.find_queue(source.id), target.exchange, record);
    }
    Vhost* vhost = topology.find_vhost(source.vhost);
    Exchange* exchange = vhost->find_exchange(target.exchange);
    if (exchange == nullptr) return;  // as if nobody were bound to it
    const TimePoint now = commons.clock.now();
    const DeadLetter letter = make_dead_letter(source, target, record, reason, now);
    auto facts = read_facts(letter.properties);
    if (!facts) return;  // cannot be: its time limit was taken off

    const std::vector<std::string_view> keys(letter.keys.begin(), letter.keys.end());
    std::vector<QueueSlot*> targets;
    const RecordView buried{.appended = now,
                            .exchange = letter.exchange,
                            .routing_key = letter.keys.front(),
                            .properties = letter.properties,
                            .body = record.body};
    vhost->route(*exchange,
                 {keys, facts->headers, buried, *commons.options.rng, delay_of(facts->headers)},
                 targets);
    for (QueueSlot* slot : targets) {
        if (reason != DeathReason::rejected && runs_in_circle(letter.deaths, slot->entry->name))
            continue;
        if (!put(*slot, *facts, buried)) bury_refused(*slot, buried);
    }
}

bool BrokerShard::Parts::reply(const RecordView& record) {
    const std::shared_ptr<ConsumerPort> port = commons.replies.find(record.routing_key);
    if (port == nullptr) return false;
    // Nobody keeps replies for a requester that does not read.
    if (port->outbox->is_full()) return true;
    RecordBatchBuilder builder;
    builder.add(record);
    const BatchRef batch = builder.seal();
    const int64_t size = outbox_size(record);
    port->outbox->add(size);
    PortDelivery delivery{.port = port, .ack_mode = AckMode::automatic, .bytes = size};
    delivery.deliveries.push_back({.batch = batch, .record = batch->at(batch->base())});
    mail.to(port->shard).deliveries.push_back(std::move(delivery));
    return true;
}

void BrokerShard::Parts::tell_flow() {
    std::erase_if(flow_subscriptions,
                  [](const auto& subscription) { return subscription.expired(); });
    const auto subscriptions = flow_subscriptions;  // a handler may add one
    for (const auto& weak : subscriptions) {
        if (const auto subscription = weak.lock()) subscription->handler();
    }
}

}  // namespace varve
