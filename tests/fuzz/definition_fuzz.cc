// Any bytes as a catalogue entry: what decodes encodes to something that decodes to the same. The
// first byte chooses the kind.
#include "engine/base/check.h"
#include "server/broker/account_definitions.h"
#include "server/broker/definitions.h"
#include "server/broker/policy.h"

#include <string>

using namespace varve;

namespace {

template <typename Decode>
void check(ByteView value, const Decode& decode) {
    const auto definition = decode(value);
    if (!definition) return;
    const std::string once = encode(*definition);
    const auto again = decode(once);
    VARVE_CHECK(again);
    VARVE_CHECK(encode(*again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const ByteView value(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 11) {
        case 0:
            if (const auto name = decode_vhost(value))
                VARVE_CHECK(must(decode_vhost(encode_vhost(*name))) == *name);
            break;
        case 1:
            check(value, decode_exchange);
            break;
        case 2:
            check(value, decode_queue);
            break;
        case 3:
            check(value, decode_binding);
            break;
        case 4:
            check(value, decode_user);
            break;
        case 5:
            check(value, decode_permission);
            break;
        case 6:
            check(value, decode_topic_permission);
            break;
        case 7:
            check(value, decode_vhost_facts);
            break;
        case 8:
            check(value, decode_cursor);
            break;
        case 10:
            check(value, decode_publisher);
            break;
        default:
            check(value, decode_policy);
    }
    return 0;
}
