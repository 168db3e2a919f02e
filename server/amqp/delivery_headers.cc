#include "server/amqp/delivery_headers.h"

#include "server/message/field_table.h"
#include "server/message/properties.h"

namespace varve::amqp {

std::string properties_told(const varve::Delivery& delivery) {
    const auto parsed = must(Properties::parse(delivery.record.properties));
    FieldTable headers = must(FieldTable::decode(parsed.headers()));
    if (delivery.tells_offset)
        headers.set("x-stream-offset", FieldValue::integer(delivery.key.offset.value));
    if (delivery.tells_count && delivery.delivery_count > 0)
        headers.set("x-delivery-count", FieldValue::integer(delivery.delivery_count));
    return PropertiesBuilder(parsed).headers(headers.encode()).encode();
}

}  // namespace varve::amqp
