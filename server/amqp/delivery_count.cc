#include "server/amqp/delivery_count.h"

#include "server/message/field_table.h"
#include "server/message/properties.h"

namespace varve::amqp {

std::string with_delivery_count(ByteView properties, uint32_t count) {
    const auto parsed = must(Properties::parse(properties));
    FieldTable headers = must(FieldTable::decode(parsed.headers()));
    headers.set("x-delivery-count", FieldValue::integer(count));
    return PropertiesBuilder(parsed).headers(headers.encode()).encode();
}

}  // namespace varve::amqp
