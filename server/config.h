// The settings of varved, validated once. Sources, the first that says something wins: flags,
// environment (VARVE_*), configuration file (`key = value`), defaults. docs/configuration.md lists
// them.
#pragma once

#include "engine/base/types.h"
#include "engine/io/file_system.h"
#include "server/diag/diag.h"
#include "server/exit_code.h"
#include "server/net/tls_options.h"

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace varve {

struct Config {
    Path data_dir = "varve-data";
    // Numeric addresses. A machine without IPv6 may lack ::1: that is fatal only where the user
    // asked for it.
    std::vector<std::string> bind = {"127.0.0.1", "::1"};
    bool bind_is_default = true;
    uint16_t amqp_port = 5672;  // 0: a free one
    // AMQP with TLS, if there is a certificate; 0: a free port.
    uint16_t amqps_port = 5671;
    bool amqps_port_is_default = true;
    std::vector<std::string> tls_keys;  // of tls.certificates, in their order
    TlsOptions tls;
    // Users that may connect from this machine only.
    std::vector<std::string> loopback_users = {"guest"};
    bool loopback_users_is_default = true;
    uint32_t shards = 0;  // 0: one for each core
    DiagOptions diag;
    Bytes disk_free_limit = 1_GiB;
    Bytes message_size_max = 16_MiB;
    // Clients choose their behaviour by these two: docs/amqp.md, Server properties.
    std::string product = "RabbitMQ";
    std::string product_version = "3.13.7";
    std::chrono::seconds heartbeat{60};  // offered to clients; 0: none
    std::chrono::seconds handshake_timeout{10};
    uint16_t channel_max = 2047;  // offered to clients; 0: no limit
};

constexpr Bytes kMessageSizeLimit = 128_MiB;  // message_size_max may not be larger

// --help or --version: to be printed instead of running.
struct ConfigText {
    std::string text;
};

// Where settings come from: parameters, so that a test needs no process.
struct ConfigSources {
    std::vector<std::string> arguments;              // without the program's name
    std::map<std::string, std::string> environment;  // the VARVE_* ones
};

using ConfigOutcome = std::variant<Config, ConfigText, StartFailure>;
// Reads the configuration file, if one is named.
ConfigOutcome load_config(const ConfigSources& sources);

}  // namespace varve
