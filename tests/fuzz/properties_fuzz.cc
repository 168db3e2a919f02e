// Property lists: a builder that starts from a list gives the list back, byte by byte.
#include "server/message/properties.h"

using namespace varve;        // NOLINT(google-build-using-namespace): a program of one function
using namespace varve::amqp;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const ByteView input(reinterpret_cast<const char*>(data), size);
    const auto properties = Properties::parse(input);
    if (!properties) return 0;
    VARVE_CHECK(PropertiesBuilder(*properties).encode() == input);
    const std::string rewritten =
        PropertiesBuilder(*properties).remove(Property::expiration).headers("").encode();
    const auto again = Properties::parse(rewritten);
    VARVE_CHECK(again.has_value());
    VARVE_CHECK(!again->has(Property::expiration) && again->headers().empty());
    VARVE_CHECK(again->text(Property::user_id) == properties->text(Property::user_id));
    return 0;
}
