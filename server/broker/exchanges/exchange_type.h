// What tells one type of exchange from another: one file of this folder for each, and one table of
// them.
#pragma once

#include "engine/base/result.h"
#include "engine/io/clock.h"
#include "engine/record_batch.h"
#include "server/broker/binding.h"
#include "server/broker/exchanges/message_history.h"
#include "server/broker/route_target.h"
#include "server/message/field_table.h"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace varve {

// A message on its way through the exchanges. Borrowed for the call.
struct RoutedMessage {
    std::span<const std::string_view> keys;  // the routing key, then those of CC and BCC
    ByteView headers;                        // a valid encoded table; empty if absent
    const RecordView& record;                // as it is stored, but for its time limit
    Rng& rng;
    std::chrono::milliseconds delay{0};  // before a delayed exchange routes it
};

// The bindings of one exchange on one shard, kept in the way that its type finds them fastest.
//
// Every shard gets the same bindings, not always in the same order: what a type keeps must not
// depend on the order, where messages of equal keys have to go the same way.
// Threading: Caller-serialised: one shard's.
class ExchangeRoutes {
public:
    virtual ~ExchangeRoutes() = default;

    // Whether this type can bind so: `precondition`.
    virtual Result<void> check(const BindingDeclaration& binding) const;
    // The binding is new, and check() accepted it.
    virtual void add(const BindingDeclaration& binding, RouteTarget target) = 0;
    // It was added with the same target.
    virtual void remove(const BindingDeclaration& binding, RouteTarget target) = 0;
    // Adds where a message goes. One target may come several times.
    virtual void match(const RoutedMessage& message, std::vector<RouteTarget>& out) = 0;

    // How many of the newest messages a new binding is given; 0: this type remembers none.
    virtual size_t history_length() const { return 0; }
    // Those of this shard, oldest first.
    virtual std::vector<RememberedRef> history() const { return {}; }
};

struct ExchangeType {
    std::string_view name;  // as clients declare it, and as it is stored
    // Routes without bindings. `precondition` for arguments that mean something to this type and
    // make no sense.
    Result<std::unique_ptr<ExchangeRoutes>> (*make)(const amqp::FieldTable& arguments);
};

extern const ExchangeType kDirectExchange;
extern const ExchangeType kFanoutExchange;
extern const ExchangeType kTopicExchange;
extern const ExchangeType kHeadersExchange;
extern const ExchangeType kRandomExchange;
extern const ExchangeType kRecentHistoryExchange;
extern const ExchangeType kConsistentHashExchange;
extern const ExchangeType kModulusHashExchange;
extern const ExchangeType kDelayedExchange;

// Null if there is none of that name.
const ExchangeType* find_exchange_type(std::string_view name);

// Bindings that differ only in what their type does not look at lead to the same target twice: this
// takes one of them away.
void remove_one(std::vector<RouteTarget>& targets, RouteTarget target);

}  // namespace varve
