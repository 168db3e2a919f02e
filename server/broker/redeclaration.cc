#include "server/broker/redeclaration.h"

#include "server/message/field_table.h"

namespace varve {

using amqp::FieldTable;
using amqp::FieldValue;

namespace {

constexpr std::string_view kTypeArgument = "x-queue-type";

bool can_be(std::string_view type, const QueueDeclaration& declaration) {
    if (type == to_string(QueueType::classic)) return true;
    return declaration.durable && !declaration.exclusive && !declaration.auto_delete;
}

}  // namespace

void complete_type(QueueDeclaration& declaration,
                   const VhostFacts* vhost,
                   const QueueSpec* current) {
    if (vhost == nullptr || vhost->default_queue_type.empty()) return;
    auto arguments = FieldTable::decode(declaration.arguments);
    // What cannot be read is refused when it is parsed.
    if (!arguments || arguments->find(kTypeArgument) != nullptr) return;
    const std::string_view type =
        current == nullptr ? vhost->default_queue_type : to_string(current->type);
    if (current == nullptr && !can_be(type, declaration)) return;
    arguments->set(kTypeArgument, FieldValue::string(type));
    declaration.arguments = arguments->encode();
}

Result<Redeclaration> check_redeclared(const QueueSpec& current,
                                       const QueueSpec& asked,
                                       const VhostFacts& vhost,
                                       const std::string& name) {
    Result<void> same = check_equivalent(current, asked, name, vhost.name);
    if (same) return Redeclaration::same;
    if (!vhost.relaxed_redeclare) return std::move(same).error();
    VARVE_TRY(check_convertible(current, asked, name, vhost.name));
    return Redeclaration::changes;
}

}  // namespace varve
