// How a TLS listener presents itself and whom it believes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace varve {

enum class TlsVerify : uint8_t {
    none,      // clients are not asked for a certificate
    optional,  // one that is presented has to verify
    required,  // without one that verifies nobody enters
};

// What of a client's certificate is the name of its user.
enum class TlsUserFrom : uint8_t { common_name, alternative_name };

// PEM files.
struct TlsOptions {
    struct Certificate {
        std::string chain;  // the certificate, then those that signed it
        std::string key;
    };
    std::vector<Certificate>
        certificates;  // the first is for clients that name no host of the others
    std::string ca;    // that clients' certificates are verified with
    TlsVerify verify = TlsVerify::none;
    TlsUserFrom user_from = TlsUserFrom::common_name;
    bool only_1_3 = false;  // else TLS 1.2, too
};

}  // namespace varve
