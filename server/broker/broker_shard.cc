#include "server/broker/broker_shard.h"

#include "server/broker/at_queue.h"
#include "server/broker/broker_parts.h"
#include "server/broker/dead_letter.h"
#include "server/broker/delay.h"
#include "server/broker/ownership.h"
#include "server/broker/queue_name.h"
#include "server/broker/redeclaration.h"
#include "server/broker/sender_routes.h"

#include <algorithm>
#include <array>

namespace varve {

BrokerShard::BrokerShard(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
BrokerShard::~BrokerShard() = default;

Shard& BrokerShard::shard() { return parts_->shard; }

Vhost* BrokerShard::find_vhost(std::string_view name) { return parts_->topology.find_vhost(name); }

namespace {

Error no_exchange(ByteView name, const Vhost& vhost) {
    return {ErrorCode::not_found, "no " + exchange_text(name, vhost.name())};
}

// Names end up in file names, log lines and URLs: RabbitMQ drops line ends, too.
std::string without_line_ends(std::string name) {
    std::erase_if(name, [](char c) { return c == '\r' || c == '\n'; });
    return name;
}

}  // namespace

Result<PublishOutcome> BrokerShard::publish(const SessionContext& session,
                                            const PublishRequest& request,
                                            const std::shared_ptr<Publisher>& publisher) {
    Parts& parts = *parts_;
    if (request.body.size() > parts.commons.options.message_size_max) {
        return Error{ErrorCode::precondition,
                     "message size " + std::to_string(request.body.size()) +
                         " is larger than configured max size " +
                         std::to_string(parts.commons.options.message_size_max)};
    }
    VARVE_TRY(parts.allow_publish(session, request.exchange, request.routing_key));
    VARVE_TRY(const MessageFacts facts, read_facts(request.properties));
    const HeaderMarks marks = find_marks(facts.headers);
    RecordView record{.appended = parts.commons.clock.now(),
                      .exchange = request.exchange,
                      .routing_key = request.routing_key,
                      .properties = request.properties,
                      .body = request.body};
    std::string demoted;
    if (marks.deaths) record.properties = demoted = demote_client_deaths(record.properties);
    RecordView shown = record;  // as it is delivered; a message that is routed later keeps its keys
    std::string stripped;
    if (marks.hidden_routes) shown.properties = stripped = without_hidden_routes(record.properties);
    VARVE_TRY(parts.route(*session.vhost, shown, facts, marks));

    CommitBuffer::Verdict verdict;
    for (QueueSlot* queue : parts.routed) {
        if (marks.publishing_id && queue->entry->spec.is_stream()) [[unlikely]] {
            const auto admission = parts.admit_publishing(*queue, facts);
            if (admission != PublishingIds::Admission::fresh) {
                // What is told waits for the first one, which is durable or on its way here.
                verdict.lane = Lane::durable;
                if (admission == PublishingIds::Admission::unclear) verdict.accepted = false;
                continue;
            }
        }
        const std::optional<Lane> lane = parts.put(*queue, facts, queue->delays ? record : shown);
        if (!lane) {
            verdict.accepted = false;
            parts.bury_refused(*queue, shown);
        } else if (*lane == Lane::durable) {
            verdict.lane = Lane::durable;
        }
    }
    const bool is_reply = parts.routed.empty() && request.exchange.empty() &&
                          request.routing_key.starts_with(kReplyPrefix) && parts.reply(shown);
    if (publisher != nullptr) parts.commits.confirm(publisher, verdict);
    if (is_reply) return PublishOutcome::routed;
    return parts.routed.empty() ? PublishOutcome::unroutable : PublishOutcome::routed;
}

Result<void> BrokerShard::check_publish(const SessionContext& session,
                                        const PublishRequest& request) {
    VARVE_TRY(parts_->allow_publish(session, request.exchange, request.routing_key));
    VARVE_TRY(Parts::find_publishable(*session.vhost, request.exchange));
    VARVE_TRY(const MessageFacts facts, read_facts(request.properties));
    VARVE_TRY(routing_keys(request.routing_key, facts.headers));
    return ok();
}

void BrokerShard::settle(std::span<const Settlement> settlements) {
    for (const Settlement& settlement : settlements) {
        if (settlement.queue.shard == parts_->shard.index()) {
            parts_->queues.settle(settlement, Queue::Logged::no);
        } else {
            parts_->mail.to(settlement.queue.shard).settlements.push_back(settlement);
        }
    }
}

void BrokerShard::poke(const QueueAddress& queue) {
    if (queue.shard == parts_->shard.index()) {
        parts_->queues.poke(queue);
    } else {
        parts_->mail.to(queue.shard).pokes.push_back(queue);
    }
}

Task<Result<void>> BrokerShard::durable() { return parts_->commits.durable(); }

Task<Result<void>> BrokerShard::declare_exchange(SessionContext session,
                                                 ExchangeDeclaration declaration) {
    declaration.name = without_line_ends(std::move(declaration.name));
    if (declaration.name.empty()) {
        co_return Error{ErrorCode::access_refused,
                        "operation not permitted on the default exchange"};
    }
    VARVE_CO_TRY(parts_->allow_declare(session, declaration));
    co_return co_await run_on(
        parts_->commons.shards.at(0),
        parts_->commons.registrar().declare_exchange(std::move(session), std::move(declaration)));
}

Result<void> BrokerShard::check_exchange(const SessionContext& session, const std::string& name) {
    if (name.empty()) {
        return Error{ErrorCode::access_refused, "operation not permitted on the default exchange"};
    }
    VARVE_TRY(parts_->allow_any(session, {ResourceKind::exchange, name}));
    if (session.vhost->find_exchange(name) == nullptr) return no_exchange(name, *session.vhost);
    return ok();
}

Task<Result<void>> BrokerShard::delete_exchange(SessionContext session,
                                                std::string name,
                                                bool if_unused) {
    if (name.empty()) {
        co_return Error{ErrorCode::access_refused,
                        "operation not permitted on the default exchange"};
    }
    if (!name.starts_with("amq."))
        VARVE_CO_TRY(parts_->allow(session, Right::configure, {ResourceKind::exchange, name}));
    co_return co_await run_on(parts_->commons.shards.at(0),
                              parts_->commons.registrar().delete_exchange(
                                  std::move(session), std::move(name), if_unused));
}

namespace {

// To declare such a name, passively or not, is to ask whether its requester is still there.
Result<QueueStatus> reply_status(const ReplyDirectory& replies,
                                 const std::string& name,
                                 const Vhost& vhost) {
    if (name != kReplyQueue && replies.find(name) == nullptr)
        return Error{ErrorCode::not_found, "no " + queue_text(name, vhost.name())};
    return QueueStatus{.name = name, .consumers = 1};
}

// What it comes to to declare a queue that is there.
Result<Redeclaration> declared_again(const BrokerShard::Parts& parts,
                                     const SessionContext& session,
                                     const QueueSlot& slot,
                                     QueueDeclaration declaration) {
    const VhostFacts* vhost = parts.accounts->find_vhost(slot.entry->vhost);
    if (vhost == nullptr) return Redeclaration::changes;  // it is going: shard 0 knows
    complete_type(declaration, vhost, slot.spec.get());
    VARVE_TRY(const QueueSpec asked,
              parse_queue_spec(declaration, vhost->name, parts.commons.options.retention));
    VARVE_TRY(check_declared_by(*slot.entry, session, asked));
    return check_redeclared(*slot.spec, asked, *vhost, declaration.name);
}

}  // namespace

Task<Result<QueueStatus>> BrokerShard::declare_queue(SessionContext session,
                                                     QueueDeclaration declaration) {
    declaration.name = without_line_ends(std::move(declaration.name));
    if (declaration.name.starts_with(kReplyQueue))
        co_return reply_status(parts_->commons.replies, declaration.name, *session.vhost);
    if (declaration.name.empty()) {
        declaration.name = generated_queue_name(*parts_->commons.options.rng);
    }
    VARVE_CO_TRY(parts_->allow_declare(session, declaration));
    if (const QueueSlot* slot = session.vhost->find_queue(declaration.name);
        slot != nullptr && slot->entry->declared()) {
        // Known and durable: answered without leaving the shard.
        const QueueEntryRef queue = slot->entry;
        VARVE_CO_TRY(const Redeclaration again,
                     declared_again(*parts_, session, *slot, declaration));
        if (again == Redeclaration::same) {
            queue->live.used_ns.store(parts_->commons.clock.monotonic().count());
            VARVE_CO_TRY(co_await parts_->commits.arrived(queue->id, parts_->topology));
            co_return status_of(*queue);
        }
    }
    co_return co_await run_on(
        parts_->commons.shards.at(0),
        parts_->commons.registrar().declare_queue(std::move(session), std::move(declaration)));
}

Task<Result<QueueStatus>> BrokerShard::check_queue(SessionContext session, std::string name) {
    if (name.starts_with(kReplyQueue))
        co_return reply_status(parts_->commons.replies, name, *session.vhost);
    VARVE_CO_TRY(parts_->allow_any(session, {ResourceKind::queue, name}));
    VARVE_CO_TRY(const QueueEntryRef queue, find_there(session, name));
    // Whoever waits for delayed messages may count them.
    if (!is_delay_queue(name)) VARVE_CO_TRY(check_accessible(*queue, session));
    co_return co_await at_queue(*parts_, queue, [](Queue& found) -> Result<QueueStatus> {
        return status_of(found.entry());
    });
}

Task<Result<uint64_t>> BrokerShard::delete_queue(SessionContext session,
                                                 std::string name,
                                                 DeleteConditions conditions) {
    VARVE_CO_TRY(parts_->allow(session, Right::configure, {ResourceKind::queue, name}));
    if (const QueueSlot* slot = session.vhost->find_queue(name)) {
        VARVE_CO_TRY(co_await parts_->commits.arrived(slot->entry->id, parts_->topology));
    }
    parts_->mail.flush();
    co_return co_await run_on(
        parts_->commons.shards.at(0),
        parts_->commons.registrar().delete_queue(std::move(session), std::move(name), conditions));
}

Task<Result<uint64_t>> BrokerShard::purge_queue(SessionContext session, std::string name) {
    VARVE_CO_TRY(parts_->allow(session, Right::read, {ResourceKind::queue, name}));
    VARVE_CO_TRY(const QueueEntryRef queue, find_accessible(session, name));
    if (queue->spec.is_stream()) {
        co_return Error{
            ErrorCode::not_implemented,
            "queue.purge not supported by stream queues " + queue_text(queue->name, queue->vhost)};
    }
    VARVE_CO_TRY(const uint64_t purged,
                 co_await at_queue(*parts_, queue, [](Queue& found) -> Result<uint64_t> {
                     return found.purge();
                 }));
    Parts& there = parts_->commons.parts_of(queue->shard());
    VARVE_CO_TRY(co_await run_on(there.shard, there.commits.durable()));
    co_return purged;
}

Task<Result<void>> BrokerShard::bind(SessionContext session, BindingDeclaration binding) {
    VARVE_CO_TRY(parts_->allow_binding(session, binding));
    co_return co_await run_on(
        parts_->commons.shards.at(0),
        parts_->commons.registrar().bind(std::move(session), std::move(binding)));
}

Task<Result<void>> BrokerShard::unbind(SessionContext session, BindingDeclaration binding) {
    VARVE_CO_TRY(parts_->allow_binding(session, binding));
    co_return co_await run_on(
        parts_->commons.shards.at(0),
        parts_->commons.registrar().unbind(std::move(session), std::move(binding)));
}

Task<void> BrokerShard::end_session(SessionContext session) {
    parts_->mail.flush();
    discard(co_await run_on(parts_->commons.shards.at(0),
                            parts_->commons.registrar().end_session(session.id)),
            "the session has nobody left to tell");
}

}  // namespace varve
