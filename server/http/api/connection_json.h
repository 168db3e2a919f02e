// Connections, channels and consumers as JSON.
#pragma once

#include "server/http/api/context.h"

#include <boost/json/value.hpp>

#include <string>

namespace varve {

// How tools name a connection: "<varve@host.1.17.0>", as RabbitMQ's look.
std::string pid_of(const ApiContext& context, const ConnectionListing& connection);

boost::json::object connection_json(const ApiContext& context, const ConnectionListing& connection);
boost::json::object channel_json(const ApiContext& context,
                                 const ConnectionListing& connection,
                                 const ChannelListing& channel);
// `queue` is its name: a consumer knows only where the queue is.
boost::json::object consumer_json(const ApiContext& context,
                                  const ConnectionListing& connection,
                                  const ChannelListing& channel,
                                  const ConsumerListing& consumer,
                                  const std::string& queue);

}  // namespace varve
