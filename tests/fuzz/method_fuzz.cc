// Method payloads: what decodes must encode to something that decodes to the same.
#include "server/amqp/wire/methods.h"

using namespace varve;        // NOLINT(google-build-using-namespace): a program of one function
using namespace varve::amqp;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto method = decode_method(ByteView(reinterpret_cast<const char*>(data), size));
    if (!method) return 0;
    std::string encoded;
    encode(*method, encoded);
    const auto again = decode_method(encoded);
    VARVE_CHECK(again.has_value());
    std::string encoded_again;
    encode(*again, encoded_again);
    VARVE_CHECK(encoded_again == encoded);
    return 0;
}
