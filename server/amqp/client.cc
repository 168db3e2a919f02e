#include "server/amqp/client.h"

#include "server/message/field_table.h"

namespace varve::amqp {

Client client_of(ByteView client_properties) {
    const Result<FieldTable> table = FieldTable::decode(client_properties);
    if (!table) return {};
    Client client;
    client.properties = client_properties;
    client.product = table->string("product").value_or("");
    client.version = table->string("version").value_or("");
    client.connection_name = table->string("connection_name").value_or("");
    const FieldValue* capabilities = table->find("capabilities");
    if (const FieldTable* flags = capabilities ? capabilities->as_table() : nullptr) {
        client.capabilities.consumer_cancel_notify =
            flags->boolean("consumer_cancel_notify").value_or(false);
        client.capabilities.connection_blocked =
            flags->boolean("connection.blocked").value_or(false);
        client.capabilities.authentication_failure_close =
            flags->boolean("authentication_failure_close").value_or(false);
    }
    return client;
}

}  // namespace varve::amqp
