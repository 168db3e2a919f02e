// /api/users, and what is ours: /api/varve/authenticate
#include "server/auth/accounts.h"
#include "server/broker/administration.h"
#include "server/http/api/accounts_json.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <array>

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;

constexpr std::string_view kRefuse = "refuse";

Result<PasswordAlgorithm> algorithm_of(const object& body) {
    VARVE_TRY(const auto named, text_of(body, "hashing_algorithm"));
    if (!named || *named == "rabbit_password_hashing_sha256")
        return PasswordAlgorithm::rabbitmq_sha256;
    if (*named == "rabbit_password_hashing_sha512") return PasswordAlgorithm::rabbitmq_sha512;
    if (*named == "rabbit_password_hashing_md5") return PasswordAlgorithm::rabbitmq_md5;
    return Error{ErrorCode::invalid_argument, "unknown hashing algorithm '" + *named + "'"};
}

Result<PasswordChange> password_of(const object& body) {
    VARVE_TRY(auto password, text_of(body, "password"));
    if (password) return PasswordChange{PasswordChange::Kind::set, std::move(*password)};
    VARVE_TRY(auto hash, text_of(body, "password_hash"));
    if (!hash) return PasswordChange{};
    if (hash->empty()) return PasswordChange{PasswordChange::Kind::clear, ""};
    VARVE_TRY(const PasswordAlgorithm algorithm, algorithm_of(body));
    return PasswordChange{PasswordChange::Kind::hashed, std::move(*hash), algorithm};
}

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    array items;
    for (const auto& [name, user] : accounts->users()) items.push_back(user_json(*user));
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    const User* user = accounts->find_user(request.params[0]);
    if (user == nullptr) co_return not_found();
    co_return single(request, user_json(*user));
}

// Tags and password stay as they are where the body does not say; `if-there=refuse` only adds.
Task<ApiAnswer> put(ApiContext& context, ApiRequest request) {
    UserChange change{.name = request.params[0]};
    auto tags = names_of(request.body, "tags");
    if (!tags) co_return refusal(tags.error());
    change.tags = std::move(*tags);
    auto password = password_of(request.body);
    if (!password) co_return refusal(password.error());
    change.password = std::move(*password);
    if (request.asked("if-there") == kRefuse) change.if_there = IfThere::refuse;
    const bool existed = (co_await accounts_of(context))->find_user(change.name) != nullptr;
    const auto done = co_await run_on(context.shard_of_changes(),
                                      administration(context).put_user(std::move(change)));
    if (!done) co_return refusal(done.error());
    co_return existed ? no_content() : created();
}

Task<ApiAnswer> delete_one(ApiContext& context, ApiRequest request) {
    const auto done = co_await run_on(context.shard_of_changes(),
                                      administration(context).delete_user(request.params[0]));
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

Task<ApiAnswer> authenticate(ApiContext& context, ApiRequest request) {
    auto user = needed_text_of(request.body, "username");
    if (!user) co_return refusal(user.error());
    auto password = needed_text_of(request.body, "password");
    if (!password) co_return refusal(password.error());
    const auto identity = co_await run_on(
        context.shard_of_changes(),
        administration(context).authenticate(
            std::move(*user), std::move(*password), PeerPlace::loopback, "control"));
    if (!identity) co_return refusal(identity.error());
    co_return answer(object{{"name", identity->user}});
}

constexpr std::array kRoutes{
    Route{"GET", "users", list_all},
    Route{"GET", "users/:name", get_one},
    Route{"PUT", "users/:name", put},
    Route{"DELETE", "users/:name", delete_one},
    Route{"POST", "varve/authenticate", authenticate},
};

}  // namespace

std::span<const Route> user_routes() { return kRoutes; }

}  // namespace varve
