#include "server/message/properties.h"

#include "engine/base/check.h"
#include "server/message/argument_reader.h"
#include "server/message/argument_writer.h"
#include "server/message/field_reader.h"

namespace varve::amqp {

namespace {

constexpr uint16_t kUnknownFlags =
    0x0003;  // the lowest announces a second word of flags; basic has none

constexpr bool is_text(Property property) {
    return property != Property::headers && property != Property::delivery_mode &&
           property != Property::priority && property != Property::timestamp;
}

Error malformed(std::string detail) {
    return {ErrorCode::invalid_argument, "property list: " + std::move(detail)};
}

// Skips one value; the headers are checked on the way.
Result<void> check_value(Property property, ArgumentReader& in) {
    switch (property) {
        case Property::headers: {
            const ByteView table = in.long_string();
            return in.ok() ? validate_table(table) : ok();
        }
        case Property::delivery_mode:
        case Property::priority:
            in.octet();
            return ok();
        case Property::timestamp:
            in.long_long_integer();
            return ok();
        default:
            in.short_string();
            return ok();
    }
}

}  // namespace

Result<Properties> Properties::parse(ByteView raw) {
    ArgumentReader in(raw);
    Properties properties;
    properties.raw_ = raw;
    properties.flags_ = in.short_integer();
    if ((properties.flags_ & kUnknownFlags) != 0) return malformed("unknown flags");
    for (size_t i = 0; i < kPropertyCount; ++i) {
        properties.starts_[i] = static_cast<uint32_t>(raw.size() - in.remaining());
        const auto property = static_cast<Property>(i);
        if (properties.has(property)) VARVE_TRY(check_value(property, in));
    }
    properties.starts_[kPropertyCount] = static_cast<uint32_t>(raw.size() - in.remaining());
    if (!in.complete()) return malformed("cut short or too long");
    return properties;
}

ByteView Properties::encoded(Property property) const {
    const auto i = static_cast<size_t>(property);
    return raw_.substr(starts_[i], starts_[i + 1] - starts_[i]);
}

std::optional<ByteView> Properties::text(Property property) const {
    VARVE_CHECK(is_text(property));
    if (!has(property)) return std::nullopt;
    return encoded(property).substr(1);
}

ByteView Properties::headers() const {
    return has(Property::headers) ? encoded(Property::headers).substr(4) : "";
}

std::optional<uint8_t> Properties::octet(Property property) const {
    if (!has(property)) return std::nullopt;
    return static_cast<uint8_t>(encoded(property)[0]);
}

std::optional<uint64_t> Properties::timestamp() const {
    if (!has(Property::timestamp)) return std::nullopt;
    return load_be<uint64_t>(encoded(Property::timestamp).data());
}

PropertiesBuilder::PropertiesBuilder(const Properties& from) : flags_(from.flags_) {
    for (size_t i = 0; i < kPropertyCount; ++i) {
        if (const auto property = static_cast<Property>(i); from.has(property))
            values_[i] = from.encoded(property);
    }
}

std::string& PropertiesBuilder::replaced(Property property) {
    flags_ |= Properties::bit(property);
    std::string& value = values_[static_cast<size_t>(property)];
    value.clear();
    return value;
}

PropertiesBuilder& PropertiesBuilder::text(Property property, ByteView value) {
    VARVE_CHECK(is_text(property));
    ArgumentWriter(replaced(property)).short_string(value);
    return *this;
}

PropertiesBuilder& PropertiesBuilder::headers(ByteView table) {
    ArgumentWriter(replaced(Property::headers)).long_string(table);
    return *this;
}

PropertiesBuilder& PropertiesBuilder::delivery_mode(uint8_t mode) {
    ArgumentWriter(replaced(Property::delivery_mode)).octet(mode);
    return *this;
}

PropertiesBuilder& PropertiesBuilder::priority(uint8_t priority) {
    ArgumentWriter(replaced(Property::priority)).octet(priority);
    return *this;
}

PropertiesBuilder& PropertiesBuilder::timestamp(uint64_t seconds) {
    ArgumentWriter(replaced(Property::timestamp)).long_long_integer(seconds);
    return *this;
}

PropertiesBuilder& PropertiesBuilder::remove(Property property) {
    flags_ = static_cast<uint16_t>(flags_ & ~Properties::bit(property));
    values_[static_cast<size_t>(property)].clear();
    return *this;
}

std::string PropertiesBuilder::encode() const {
    std::string raw;
    ArgumentWriter(raw).short_integer(flags_);
    for (const std::string& value : values_) raw += value;
    return raw;
}

}  // namespace varve::amqp
