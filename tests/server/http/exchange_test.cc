#include "server/http/exchange.h"

#include "server/http/router.h"

#include <gmock/gmock.h>

namespace varve {
namespace {

using testing::ElementsAre;

TEST(ApiRequest, AnAddressComesApartInSegmentsAndQuestions) {
    const auto request =
        parse_api_request("GET", "/api/queues/%2F/a%20b/?columns=name,x&q=1+2%2B", "");

    ASSERT_TRUE(request);
    EXPECT_THAT(request->path, ElementsAre("queues", "/", "a b"));
    EXPECT_EQ("name,x", request->asked("columns"));
    EXPECT_EQ("1 2+", request->asked("q"));
    EXPECT_FALSE(request->asked("other"));
}

TEST(ApiRequest, WhatMakesNoSenseIsRefused) {
    EXPECT_EQ(ErrorCode::not_found, parse_api_request("GET", "/", "").error().code);
    EXPECT_EQ(ErrorCode::not_found, parse_api_request("GET", "*", "").error().code);
    for (const char* target : {"/api/%", "/api/%4", "/api/%zz", "/api/%+1", "/api/a?%=1"})
        EXPECT_FALSE(parse_api_request("GET", target, "")) << target;
    const std::string deep(100, '[');
    for (const std::string& body : {std::string("{"), std::string("[]"), "{\"a\":" + deep})
        EXPECT_FALSE(parse_api_request("PUT", "/api/x", body)) << body;
}

Task<ApiAnswer> nothing(ApiContext& /*context*/, ApiRequest /*request*/) { co_return no_content(); }

TEST(Router, PlaceholdersStandForOneSegment) {
    constexpr Route kRoutes[] = {{"GET", "queues/:vhost/:name", nothing},
                                 {"DELETE", "queues/:vhost/:name/contents", nothing}};
    Router router;
    router.add(kRoutes);
    const auto find = [&](const char* method, const char* target) {
        ApiRequest request = must(parse_api_request(method, target, ""));
        const Router::Found found = router.find(request);
        return std::pair(found.handler != nullptr ? 200u : found.status, request.params);
    };

    EXPECT_EQ(std::pair(200u, std::vector<std::string>{"/", "q"}),
              find("GET", "/api/queues/%2F/q"));
    EXPECT_EQ(200u, find("HEAD", "/api/queues/a/q").first);
    EXPECT_EQ(405u, find("PUT", "/api/queues/a/q").first);
    EXPECT_EQ(404u, find("GET", "/api/queues/a").first);
    EXPECT_EQ(405u, find("GET", "/api/queues/a/q/contents").first);
}

}  // namespace
}  // namespace varve
