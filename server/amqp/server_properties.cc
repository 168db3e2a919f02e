#include "server/amqp/server_properties.h"

#include "server/message/field_table.h"

namespace varve::amqp {

std::string server_properties(const AmqpOptions& options) {
    FieldTable capabilities;
    for (const char* name : {"publisher_confirms",
                             "exchange_exchange_bindings",
                             "basic.nack",
                             "consumer_cancel_notify",
                             "connection.blocked",
                             "consumer_priorities",
                             "authentication_failure_close",
                             "per_consumer_qos",
                             "direct_reply_to"}) {
        capabilities.set(name, FieldValue::boolean(true));
    }
    FieldTable properties;
    properties.set("capabilities", {std::move(capabilities)});
    properties.set("cluster_name", FieldValue::string("varve"));
    properties.set("copyright", FieldValue::string("Copyright (c) the Varve authors"));
    properties.set("information", FieldValue::string("Licensed under the Apache License 2.0"));
    properties.set("platform", FieldValue::string("Varve " + options.varve_version));
    properties.set("product", FieldValue::string(options.product));
    properties.set("varve_version", FieldValue::string(options.varve_version));
    properties.set("version", FieldValue::string(options.product_version));
    return properties.encode();
}

}  // namespace varve::amqp
