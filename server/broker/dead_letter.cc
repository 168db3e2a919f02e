#include "server/broker/dead_letter.h"

#include "server/broker/sender_routes.h"
#include "server/message/properties.h"

#include <algorithm>

namespace varve {

using amqp::FieldArray;
using amqp::FieldEntry;
using amqp::FieldTable;
using amqp::FieldValue;
using amqp::Property;

namespace {

constexpr std::string_view kDeaths = "x-death";
constexpr std::string_view kCount = "count";

bool written_by_broker(const FieldTable& death) {
    return !death.entries().empty() && death.entries().front().name == kCount;
}

bool is_about(const FieldTable& death, std::string_view queue, std::string_view reason) {
    return death.string("queue") == queue && death.string("reason") == reason;
}

FieldTable death_of(int64_t count, const FieldTable& facts) {
    std::vector<FieldEntry> entries{{std::string(kCount), FieldValue::integer(count)}};
    for (const FieldEntry& entry : facts.entries()) {
        if (entry.name != kCount) entries.push_back(entry);
    }
    return FieldTable(std::move(entries));
}

FieldTable facts_of(const QueueEntry& source,
                    const RecordView& record,
                    DeathReason reason,
                    const amqp::Properties& properties,
                    TimePoint now) {
    FieldArray keys{FieldValue::string(record.routing_key)};
    for (const std::string_view key : sender_keys(properties.headers(), "CC").value_or({})) {
        keys.push_back(FieldValue::string(key));
    }
    FieldTable facts;
    facts.set("reason", FieldValue::string(to_string(reason)));
    facts.set("queue", FieldValue::string(source.name));
    facts.set("time", {amqp::FieldTimestamp{static_cast<uint64_t>(now.ms / 1000)}});
    facts.set("exchange", FieldValue::string(record.exchange));
    facts.set("routing-keys", {std::move(keys)});
    if (const auto expiration = properties.text(Property::expiration)) {
        facts.set("original-expiration", FieldValue::string(*expiration));
    }
    return facts;
}

// The newest first; a queue and reason that was there before counts on, with the time of its first
// death.
FieldArray with_death(const FieldArray& deaths, const FieldTable& facts) {
    const std::string_view queue = *facts.string("queue");
    const std::string_view reason = *facts.string("reason");
    FieldTable newest = death_of(1, facts);
    FieldArray others;
    for (const FieldValue& death : deaths) {
        const FieldTable* table = death.as_table();
        if (table != nullptr && is_about(*table, queue, reason)) {
            newest = death_of(table->integer(kCount).value_or(0) + 1, *table);
        } else {
            others.push_back(death);
        }
    }
    others.insert(others.begin(), FieldValue{std::move(newest)});
    return others;
}

bool has_broker_death(const FieldArray& deaths) {
    return std::ranges::any_of(deaths, [](const FieldValue& death) {
        return death.as_table() != nullptr && written_by_broker(*death.as_table());
    });
}

void set_death_headers(FieldTable& headers, std::string_view which, const FieldTable& facts) {
    for (const std::string_view fact : {"reason", "queue", "exchange"}) {
        headers.set("x-" + std::string(which) + "-death-" + std::string(fact),
                    FieldValue::string(*facts.string(fact)));
    }
}

}  // namespace

DeadLetter make_dead_letter(const QueueEntry& source,
                            const DeadLetterTarget& target,
                            const RecordView& record,
                            DeathReason reason,
                            TimePoint now) {
    const auto properties = must(amqp::Properties::parse(record.properties));
    FieldTable headers = must(FieldTable::decode(properties.headers()));
    const FieldTable facts = facts_of(source, record, reason, properties, now);

    FieldArray before;
    if (const FieldValue* deaths = headers.find(kDeaths);
        deaths != nullptr && deaths->as_array() != nullptr) {
        before = *deaths->as_array();
    }
    DeadLetter letter{.exchange = target.exchange, .deaths = with_death(before, facts)};
    if (!has_broker_death(before)) set_death_headers(headers, "first", facts);
    set_death_headers(headers, "last", facts);
    headers.set(kDeaths, {letter.deaths});

    if (target.routing_key) {
        letter.keys = {*target.routing_key};
        headers.remove("CC");
    } else {
        letter.keys = {std::string(record.routing_key)};
        for (const std::string_view key : sender_keys(properties.headers(), "CC").value_or({})) {
            letter.keys.emplace_back(key);
        }
    }
    // Without its own time limit: or it would expire again in the next queue at once.
    letter.properties = amqp::PropertiesBuilder(properties)
                            .headers(headers.encode())
                            .remove(Property::expiration)
                            .encode();
    return letter;
}

bool runs_in_circle(const FieldArray& deaths, std::string_view queue) {
    for (const FieldValue& death : deaths) {
        const FieldTable* table = death.as_table();
        if (table == nullptr || !written_by_broker(*table)) continue;
        if (table->string("reason") == to_string(DeathReason::rejected)) return false;
        if (table->string("queue") == queue) return true;
    }
    return false;
}

std::string demote_client_deaths(ByteView properties) {
    const auto parsed = must(amqp::Properties::parse(properties));
    FieldTable headers = must(FieldTable::decode(parsed.headers()));
    const FieldValue* deaths = headers.find(kDeaths);
    if (deaths == nullptr || deaths->as_array() == nullptr) return std::string(properties);
    FieldArray demoted;
    for (const FieldValue& death : *deaths->as_array()) {
        const FieldTable* table = death.as_table();
        if (table == nullptr || !written_by_broker(*table)) {
            demoted.push_back(death);
            continue;
        }
        std::vector<FieldEntry> entries = table->entries();
        std::rotate(entries.begin(), entries.begin() + 1, entries.end());
        demoted.push_back({FieldTable(std::move(entries))});
    }
    headers.set(kDeaths, {std::move(demoted)});
    return amqp::PropertiesBuilder(parsed).headers(headers.encode()).encode();
}

}  // namespace varve
