#include "server/setting.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace varve {

namespace {

Error wrong(std::string expected) {
    return Error{ErrorCode::invalid_argument, std::move(expected)};
}

Result<uint64_t> parse_number(std::string_view text, uint64_t max) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || number > max) {
        return wrong("expected a number from 0 to " + std::to_string(max));
    }
    return number;
}

Result<Bytes> parse_size(std::string_view text, Bytes max) {
    static constexpr std::pair<std::string_view, Bytes> kUnits[] = {{"KiB", 1_KiB},
                                                                    {"MiB", 1_MiB},
                                                                    {"GiB", 1_GiB},
                                                                    {"KB", 1000},
                                                                    {"MB", 1000000},
                                                                    {"GB", 1000000000},
                                                                    {"B", 1}};
    Bytes unit = 1;
    for (const auto& [name, size] : kUnits) {
        if (!text.ends_with(name)) continue;
        text.remove_suffix(name.size());
        unit = size;
        break;
    }
    const auto number = parse_number(text, max / unit);
    if (!number)
        return wrong("expected a size of at most " + std::to_string(max) + " bytes, such as 16MiB");
    return *number * unit;
}

template <typename T, size_t N>
Result<T> parse_choice(std::string_view text,
                       const std::array<std::pair<std::string_view, T>, N>& choices) {
    std::string names;
    for (const auto& [name, value] : choices) {
        if (text == name) return value;
        names.append(names.empty() ? "" : ", ").append(name);
    }
    return wrong("expected one of " + names);
}

Result<void> set_data_dir(Config& config, const std::string& value) {
    if (value.empty()) return wrong("expected a directory");
    config.data_dir = value;
    return ok();
}

Result<void> set_bind(Config& config, const std::string& value) {
    std::string address = value;
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    boost::system::error_code failed;
    boost::asio::ip::make_address(address, failed);
    if (failed)
        return wrong("expected a numeric address, such as 127.0.0.1, ::1 or 0.0.0.0 for all");
    if (config.bind_is_default) config.bind.clear();
    config.bind_is_default = false;
    config.bind.push_back(address);
    return ok();
}

Result<void> set_amqp_port(Config& config, const std::string& value) {
    VARVE_TRY(const uint64_t port, parse_number(value, std::numeric_limits<uint16_t>::max()));
    config.amqp_port = static_cast<uint16_t>(port);
    return ok();
}

Result<void> set_amqps_port(Config& config, const std::string& value) {
    VARVE_TRY(const uint64_t port, parse_number(value, std::numeric_limits<uint16_t>::max()));
    config.amqps_port = static_cast<uint16_t>(port);
    config.amqps_port_is_default = false;
    return ok();
}

Result<void> set_tls_certificate(Config& config, const std::string& value) {
    if (value.empty()) return wrong("expected a PEM file");
    config.tls.certificates.push_back({value, {}});
    return ok();
}

Result<void> set_tls_key(Config& config, const std::string& value) {
    if (value.empty()) return wrong("expected a PEM file");
    config.tls_keys.push_back(value);
    return ok();
}

Result<void> set_tls_ca(Config& config, const std::string& value) {
    if (value.empty()) return wrong("expected a PEM file");
    config.tls.ca = value;
    return ok();
}

Result<void> set_tls_verify(Config& config, const std::string& value) {
    static constexpr auto kChoices =
        std::to_array<std::pair<std::string_view, TlsVerify>>({{"none", TlsVerify::none},
                                                               {"optional", TlsVerify::optional},
                                                               {"required", TlsVerify::required}});
    VARVE_TRY(config.tls.verify, parse_choice(value, kChoices));
    return ok();
}

Result<void> set_tls_min_version(Config& config, const std::string& value) {
    static constexpr auto kChoices =
        std::to_array<std::pair<std::string_view, bool>>({{"1.2", false}, {"1.3", true}});
    VARVE_TRY(config.tls.only_1_3, parse_choice(value, kChoices));
    return ok();
}

Result<void> set_tls_user_from(Config& config, const std::string& value) {
    static constexpr auto kChoices = std::to_array<std::pair<std::string_view, TlsUserFrom>>(
        {{"cn", TlsUserFrom::common_name}, {"san", TlsUserFrom::alternative_name}});
    VARVE_TRY(config.tls.user_from, parse_choice(value, kChoices));
    return ok();
}

Result<void> set_shards(Config& config, const std::string& value) {
    VARVE_TRY(const uint64_t shards, parse_number(value, 256));
    config.shards = static_cast<uint32_t>(shards);
    return ok();
}

// RabbitMQ's word for "nobody".
constexpr std::string_view kNobody = "none";

Result<void> set_loopback_users(Config& config, const std::string& value) {
    if (value.empty()) return wrong("expected the name of a user, or none");
    if (config.loopback_users_is_default) config.loopback_users.clear();
    config.loopback_users_is_default = false;
    if (value != kNobody) config.loopback_users.push_back(value);
    return ok();
}

Result<void> set_log_level(Config& config, const std::string& value) {
    static constexpr auto kLevels =
        std::to_array<std::pair<std::string_view, DiagLevel>>({{"debug", DiagLevel::debug},
                                                               {"info", DiagLevel::info},
                                                               {"warn", DiagLevel::warn},
                                                               {"error", DiagLevel::error}});
    VARVE_TRY(config.diag.level, parse_choice(value, kLevels));
    return ok();
}

Result<void> set_log_format(Config& config, const std::string& value) {
    static constexpr auto kFormats = std::to_array<std::pair<std::string_view, DiagFormat>>(
        {{"text", DiagFormat::text}, {"json", DiagFormat::json}});
    VARVE_TRY(config.diag.format, parse_choice(value, kFormats));
    return ok();
}

Result<void> set_disk_free_limit(Config& config, const std::string& value) {
    VARVE_TRY(config.disk_free_limit, parse_size(value, uint64_t{1} << 60));
    return ok();
}

Result<void> set_message_size_max(Config& config, const std::string& value) {
    VARVE_TRY(config.message_size_max, parse_size(value, kMessageSizeLimit));
    return ok();
}

Result<void> set_product(Config& config, const std::string& value) {
    if (value.empty() || value.size() > 255) return wrong("expected a name of 1 to 255 bytes");
    config.product = value;
    return ok();
}

// kombu and others turn the parts into integers and fail on anything else.
Result<void> set_product_version(Config& config, const std::string& value) {
    const bool numeric =
        std::ranges::all_of(value, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    const bool parts =
        !value.starts_with('.') && !value.ends_with('.') && value.find("..") == std::string::npos;
    if (value.empty() || value.size() > 32 || !numeric || !parts ||
        value.find('.') == std::string::npos) {
        return wrong("expected numbers with dots, such as 3.13.7");
    }
    config.product_version = value;
    return ok();
}

Result<std::chrono::seconds> parse_seconds(std::string_view value) {
    if (value.ends_with('s')) value.remove_suffix(1);
    VARVE_TRY(const uint64_t number, parse_number(value, std::numeric_limits<uint16_t>::max()));
    return std::chrono::seconds(number);
}

Result<void> set_heartbeat(Config& config, const std::string& value) {
    VARVE_TRY(config.heartbeat, parse_seconds(value));
    return ok();
}

Result<void> set_handshake_timeout(Config& config, const std::string& value) {
    VARVE_TRY(config.handshake_timeout, parse_seconds(value));
    if (config.handshake_timeout == std::chrono::seconds(0)) return wrong("expected 1 or more");
    return ok();
}

Result<void> set_channel_max(Config& config, const std::string& value) {
    VARVE_TRY(const uint64_t number, parse_number(value, std::numeric_limits<uint16_t>::max()));
    config.channel_max = static_cast<uint16_t>(number);
    return ok();
}

constexpr Setting kSettings[] = {
    {"data-dir",
     "DIR",
     "where everything durable is kept (default: varve-data)",
     Repeat::no,
     set_data_dir},
    {"bind",
     "ADDRESS",
     "address to listen on; may be repeated (default: 127.0.0.1 and ::1)",
     Repeat::yes,
     set_bind},
    {"amqp-port",
     "PORT",
     "port for AMQP 0-9-1; 0 picks a free one (default: 5672)",
     Repeat::no,
     set_amqp_port},
    {"amqps-port",
     "PORT",
     "port for AMQP with TLS; 0 picks a free one (default: 5671 with a certificate, else none)",
     Repeat::no,
     set_amqps_port},
    {"tls-certificate",
     "FILE",
     "certificate and its chain, PEM; repeat it for more host names (default: none)",
     Repeat::yes,
     set_tls_certificate},
    {"tls-key",
     "FILE",
     "the key of each certificate, in their order (default: none)",
     Repeat::yes,
     set_tls_key},
    {"tls-ca",
     "FILE",
     "who signs the certificates of clients, PEM (default: none)",
     Repeat::no,
     set_tls_ca},
    {"tls-verify",
     "RULE",
     "none, optional or required: certificates of clients (default: none)",
     Repeat::no,
     set_tls_verify},
    {"tls-min-version", "VERSION", "1.2 or 1.3 (default: 1.2)", Repeat::no, set_tls_min_version},
    {"tls-user-from",
     "PART",
     "cn or san: what of a client's certificate names its user (default: cn)",
     Repeat::no,
     set_tls_user_from},
    {"loopback-users",
     "USER",
     "who may connect from this machine only; may be repeated, none: nobody (default: guest)",
     Repeat::yes,
     set_loopback_users},
    {"shards",
     "COUNT",
     "threads that do the work; 0: one for each core (default: 0)",
     Repeat::no,
     set_shards},
    {"log-level", "LEVEL", "debug, info, warn or error (default: info)", Repeat::no, set_log_level},
    {"log-format", "FORMAT", "text or json (default: text)", Repeat::no, set_log_format},
    {"disk-free-limit",
     "SIZE",
     "with less free space publishers are held (default: 1GiB)",
     Repeat::no,
     set_disk_free_limit},
    {"message-size-max",
     "SIZE",
     "largest message body, up to 128MiB (default: 16MiB)",
     Repeat::no,
     set_message_size_max},
    {"product",
     "NAME",
     "what clients are told the broker is (default: RabbitMQ)",
     Repeat::no,
     set_product},
    {"product-version",
     "VERSION",
     "and in which version (default: 3.13.7)",
     Repeat::no,
     set_product_version},
    {"heartbeat",
     "SECONDS",
     "interval offered to clients; 0: none (default: 60)",
     Repeat::no,
     set_heartbeat},
    {"handshake-timeout",
     "SECONDS",
     "how long a client may take to connect and log in (default: 10)",
     Repeat::no,
     set_handshake_timeout},
    {"channel-max",
     "COUNT",
     "channels of one connection; 0: no limit (default: 2047)",
     Repeat::no,
     set_channel_max},
};

// Insertions, deletions and replacements that turn one into the other.
size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

std::span<const Setting> settings() { return kSettings; }

const Setting* find_setting(std::string_view key) {
    const auto* found = std::ranges::find(kSettings, key, &Setting::key);
    return found == std::end(kSettings) ? nullptr : found;
}

std::string environment_name(std::string_view key) {
    std::string name(kEnvironmentPrefix);
    for (const char c : key)
        name.push_back(c == '-' ? '_'
                                : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
    return name;
}

std::string key_of_environment_name(std::string_view name) {
    std::string key;
    for (const char c : name.substr(std::min(kEnvironmentPrefix.size(), name.size()))) {
        key.push_back(c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
    return key;
}

std::string nearest_name(std::string_view wrong_name, std::span<const std::string> names) {
    std::string nearest;
    size_t distance =
        std::max<size_t>(2, wrong_name.size() / 3) + 1;  // farther than this is no likeness
    for (const std::string& name : names) {
        const size_t found = edit_distance(wrong_name, name);
        if (found >= distance) continue;
        distance = found;
        nearest = name;
    }
    return nearest;
}

}  // namespace varve
