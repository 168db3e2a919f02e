// The property list of a message (class basic), read from the bytes that came in and rewritten only
// where it must be.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <array>
#include <optional>
#include <string>

namespace varve::amqp {

// In the order of the wire: the first one has the highest bit of the flags.
enum class Property : uint8_t {
    content_type,
    content_encoding,
    headers,
    delivery_mode,
    priority,
    correlation_id,
    reply_to,
    expiration,
    message_id,
    timestamp,
    type,
    user_id,
    app_id,
    cluster_id,
};
constexpr size_t kPropertyCount = 14;
constexpr std::string_view kNoProperties("\0\0", 2);

constexpr uint8_t kTransient = 1;
constexpr uint8_t kPersistent = 2;

// A checked property list: every getter is a look at an index.
//
// Ownership: borrows the raw bytes, which must outlive it.
// Threading: Immutable.
class Properties {
public:
    // No properties at all.
    Properties() = default;
    // Checks the whole list, headers included (limits: field_reader.h). `invalid_argument` if it
    // does not hold together.
    static Result<Properties> parse(ByteView raw);

    ByteView raw() const { return raw_; }
    bool has(Property property) const { return (flags_ & bit(property)) != 0; }

    // The text properties; nullopt if absent. Not for headers, delivery_mode, priority and
    // timestamp.
    std::optional<ByteView> text(Property property) const;
    // The content of the headers table; empty if absent.
    ByteView headers() const;
    std::optional<uint8_t> delivery_mode() const { return octet(Property::delivery_mode); }
    std::optional<uint8_t> priority() const { return octet(Property::priority); }
    std::optional<uint64_t> timestamp() const;  // seconds since 1970
    bool persistent() const { return delivery_mode() == kPersistent; }

    static constexpr uint16_t bit(Property property) {
        return static_cast<uint16_t>(0x8000u >> static_cast<unsigned>(property));
    }

private:
    friend class PropertiesBuilder;
    // The encoded value, length included; empty if absent.
    ByteView encoded(Property property) const;
    std::optional<uint8_t> octet(Property property) const;

    ByteView raw_ = kNoProperties;
    uint16_t flags_ = 0;
    std::array<uint32_t, kPropertyCount + 1>
        starts_{};  // where each value begins in raw_; the last is its end
};

// Makes a new property list, from nothing or from a given one with some properties replaced or
// removed.
class PropertiesBuilder {
public:
    PropertiesBuilder() = default;
    explicit PropertiesBuilder(const Properties& from);

    // Not for headers, delivery_mode, priority and timestamp. At most 255 bytes.
    PropertiesBuilder& text(Property property, ByteView value);
    // The content of a table, such as FieldTable::encode() gives.
    PropertiesBuilder& headers(ByteView table);
    PropertiesBuilder& delivery_mode(uint8_t mode);
    PropertiesBuilder& priority(uint8_t priority);
    PropertiesBuilder& timestamp(uint64_t seconds);
    PropertiesBuilder& remove(Property property);

    std::string encode() const;

private:
    std::string& replaced(Property property);

    uint16_t flags_ = 0;
    std::array<std::string, kPropertyCount> values_;  // encoded, lengths included
};

}  // namespace varve::amqp
