// What a client may ask of any listing: some columns, an order, a page, names that match.
#pragma once

#include "server/http/exchange.h"

#include <boost/json/value.hpp>

namespace varve {

// `columns`, `sort`, `sort_reverse`, `name`, `page`, `page_size` of the query, as
// RabbitMQ's API knows them. Without a page the answer is the array, with one it is an object with
// the page and its figures. `items` are objects.
ApiAnswer listing(const ApiRequest& request, boost::json::array items);
// One object, with the columns that are asked for.
ApiAnswer single(const ApiRequest& request, const boost::json::object& item);

}  // namespace varve
