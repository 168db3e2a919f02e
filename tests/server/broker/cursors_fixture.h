// What the tests of named cursors share: a queue, and readers under cursors of it.
#pragma once

#include "server/broker/definitions.h"
#include "tests/server/broker/restarting_broker.h"

#include <optional>
#include <string>
#include <vector>

namespace varve {

constexpr ReaderStart kFirst{.kind = ReaderStart::Kind::first};

class Cursors : public RestartingBroker {
protected:
    Cursors() { session_->queue("q"); }

    // With what was settled before on the disk.
    void crash() {
        broker_->quiesce();
        RestartingBroker::crash();
    }
    std::shared_ptr<TestConsumer> read(const std::string& cursor,
                                       const std::optional<ReaderStart>& from = kFirst,
                                       const std::string& queue = "q") {
        return must(session_->consume(queue, {.read_from = from, .cursor = cursor}));
    }
    // The client has acknowledged the record.
    void ack(const std::string& cursor, const Received& record) {
        Settlement settlement = BrokerSession::settlement(record, SettleAction::ack);
        settlement.cursor = cursor_id_of(cursor);
        broker_->call(GetParam(), [&] { broker_->at(GetParam()).settle({&settlement, 1}); });
    }
    void ack_all(const std::string& cursor, const std::vector<Received>& records) {
        for (const Received& record : records) ack(cursor, record);
    }
    // What comes under the cursor now, unanswered: so many messages, and no more.
    std::vector<Received> comes(const std::string& cursor, size_t count) {
        const auto reader = read(cursor, std::nullopt);
        auto received = reader->take(count);
        broker_->quiesce();
        EXPECT_EQ(reader->waiting_count(), 0u);
        session_->cancel(reader);
        return received;
    }
    std::string refusal(const std::string& cursor) {
        const auto consumer = session_->consume("q", {.cursor = cursor});
        return consumer ? "reads" : consumer.error().detail;
    }
};

}  // namespace varve
