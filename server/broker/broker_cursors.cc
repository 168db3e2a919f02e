// What a shard's door does for named cursors, and for where readers begin.
#include "server/async/resumed_by.h"
#include "server/broker/at_queue.h"
#include "server/broker/broker_shard.h"
#include "server/broker/definitions.h"

namespace varve {

Task<Result<Offset>> BrokerShard::Parts::begin_of_reader(QueueEntryRef queue, ReaderStart start) {
    VARVE_CO_TRY(co_await commits.arrived(queue->id, topology));
    ReaderPool& readers = commons.readers;
    const TimePoint now = commons.clock.now();
    co_return co_await resumed_by<Result<Offset>>([&](auto resume) {
        readers.run([log = queue->logs.front(), start, now, resume = std::move(resume)] {
            resume(begin_of(start, *log, now));
        });
    });
}

Task<Result<void>> BrokerShard::Parts::hold_cursor(QueueId queue, CursorId cursor) {
    Queue* found = queues.find(queue);
    if (found == nullptr) co_return Error{ErrorCode::not_found, "the queue has been deleted"};
    VARVE_CO_TRY(found->readers().hold(cursor));
    co_return co_await commits.durable();
}

void BrokerShard::Parts::release_cursor(QueueId queue, CursorId cursor) {
    if (Queue* found = queues.find(queue)) found->readers().release(cursor);
}

Task<Result<std::vector<CursorListing>>> BrokerShard::cursors(SessionContext session,
                                                              std::string name) {
    using Listings = std::vector<CursorListing>;
    VARVE_CO_TRY(parts_->allow(session, Right::read, {ResourceKind::queue, name}));
    VARVE_CO_TRY(const QueueEntryRef queue, find_accessible(session, name));
    VARVE_CO_TRY(parts_->allow_replay(session, *queue));
    const auto& names = session.vhost->find_queue(name)->cursors;
    std::vector<std::string> known(names.begin(), names.end());
    if (known.empty()) co_return Listings();
    auto look = [known = std::move(known)](Queue& found) -> Result<Listings> {
        Listings listed;
        const LogRef& log = found.entry().logs.front();
        for (const std::string& cursor : known)
            listed.push_back({cursor, found.readers().look_at(cursor_id_of(cursor), *log)});
        return listed;
    };
    co_return co_await at_queue(*parts_, queue, std::move(look));
}

Task<Result<void>> BrokerShard::reset_cursor(SessionContext session,
                                             std::string queue_name,
                                             std::string name,
                                             ReaderStart to) {
    VARVE_CO_TRY(parts_->allow(session, Right::read, {ResourceKind::queue, queue_name}));
    VARVE_CO_TRY(const QueueEntryRef queue, find_accessible(session, queue_name));
    VARVE_CO_TRY(parts_->allow_replay(session, *queue));
    if (queue->logs.empty()) co_return no_cursor(*queue, name);
    VARVE_CO_TRY(const Offset floor, co_await parts_->begin_of_reader(queue, to));
    co_return co_await run_on(
        parts_->commons.shards.at(0),
        parts_->commons.registrar().reset_cursor(queue, std::move(name), floor));
}

Task<Result<void>> BrokerShard::delete_cursor(SessionContext session,
                                              std::string queue_name,
                                              std::string name) {
    VARVE_CO_TRY(parts_->allow(session, Right::read, {ResourceKind::queue, queue_name}));
    VARVE_CO_TRY(const QueueEntryRef queue, find_accessible(session, queue_name));
    VARVE_CO_TRY(parts_->allow_replay(session, *queue));
    co_return co_await run_on(parts_->commons.shards.at(0),
                              parts_->commons.registrar().delete_cursor(queue, std::move(name)));
}

}  // namespace varve
