#include "server/http/api/accounts_json.h"

#include "server/http/json_fields.h"

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;

array texts(const std::vector<std::string>& from) {
    array out;
    for (const std::string& text : from) out.push_back(boost::json::string(utf8_text(text)));
    return out;
}

}  // namespace

Administration& administration(ApiContext& context) { return context.changes().administration(); }

Task<std::shared_ptr<const Accounts>> accounts_of(ApiContext& context) {
    auto take = [&context] { return administration(context).accounts(); };
    co_return co_await on_shard(context.shard_of_changes(), std::move(take));
}

// Hashes stay here: nobody needs them to administer.
object user_json(const User& user) {
    return object{{"name", utf8_text(user.name)}, {"tags", texts(user.tags)}};
}

object vhost_json(const VhostFacts& vhost) {
    return object{{"default_queue_type",
                   vhost.default_queue_type.empty() ? "classic" : vhost.default_queue_type},
                  {"description", utf8_text(vhost.description)},
                  {"name", utf8_text(vhost.name)},
                  {"relaxed_redeclare", vhost.relaxed_redeclare},
                  {"tags", texts(vhost.tags)}};
}

object permission_json(const Permission& permission) {
    return object{{"configure", utf8_text(permission.configure)},
                  {"read", utf8_text(permission.read)},
                  {"user", utf8_text(permission.user)},
                  {"vhost", utf8_text(permission.vhost)},
                  {"write", utf8_text(permission.write)}};
}

object permission_json(const TopicPermission& permission) {
    return object{{"exchange", utf8_text(permission.exchange)},
                  {"read", utf8_text(permission.read)},
                  {"user", utf8_text(permission.user)},
                  {"vhost", utf8_text(permission.vhost)},
                  {"write", utf8_text(permission.write)}};
}

}  // namespace varve
