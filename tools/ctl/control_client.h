// Asks a running broker through its control socket.
#pragma once

#include "engine/base/result.h"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace varve::ctl {

struct Reply {
    unsigned status = 0;
    boost::json::value body;  // null where none came

    bool good() const { return status >= 200 && status < 300; }
    // What the broker said about a request that it refused.
    std::string reason() const;
};

// One connection per request: a command makes a handful.
//
// Threading: Caller-serialised.
class ControlClient {
public:
    explicit ControlClient(std::string data_dir);

    // `path` are the segments after /api; `query` is "a=b&c=d", encoded. `closed` when no broker
    // answers, `access_refused` when the socket may not be opened.
    Result<Reply> ask(std::string_view method,
                      const std::vector<std::string>& path,
                      const boost::json::value& body = nullptr,
                      std::string_view query = {}) const;
    Result<Reply> get(const std::vector<std::string>& path, std::string_view query = {}) const {
        return ask("GET", path, nullptr, query);
    }

    const std::string& data_dir() const { return data_dir_; }

private:
    std::string data_dir_;
};

// For a path or a query.
std::string percent_encoded(std::string_view text);

}  // namespace varve::ctl
