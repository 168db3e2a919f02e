#include "server/http/listing.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace varve {
namespace {

std::string listed(const std::string& question) {
    const auto request = must(parse_api_request("GET", "/api/queues?" + question, ""));
    boost::json::array items =
        boost::json::parse(R"([{"name":"b","n":2,"o":{"x":1}},{"name":"a","n":10},{"name":"ab"}])")
            .as_array();
    const ApiAnswer answered = listing(request, std::move(items));
    return std::to_string(answered.status) + " " + boost::json::serialize(*answered.body);
}

TEST(Listing, ColumnsAreChosen) {
    EXPECT_EQ(R"(200 [{"name":"b","o.x":1},{"name":"a"},{"name":"ab"}])",
              listed("columns=name,o.x,none"));
}

TEST(Listing, ItIsSortedByAnyColumn) {
    EXPECT_EQ(R"(200 [{"name":"ab"},{"name":"b"},{"name":"a"}])", listed("sort=n&columns=name"));
    EXPECT_EQ(R"(200 [{"name":"b"},{"name":"ab"},{"name":"a"}])",
              listed("sort=name&sort_reverse=true&columns=name"));
}

TEST(Listing, APageTellsOfTheWhole) {
    EXPECT_EQ(R"(200 {"filtered_count":2,"item_count":1,"items":[{"name":"ab"}],"page":2,)"
              R"("page_count":2,"page_size":1,"total_count":3})",
              listed("name=a&page=2&page_size=1&columns=name"));
    EXPECT_EQ("400", listed("page=3").substr(0, 3));
    EXPECT_EQ("400", listed("page=0").substr(0, 3));
    EXPECT_EQ("400", listed("page=1&page_size=501").substr(0, 3));
}

}  // namespace
}  // namespace varve
