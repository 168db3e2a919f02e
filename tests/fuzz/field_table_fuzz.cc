// Field tables: what decodes must encode to something that decodes to the same.
#include "server/message/field_table.h"

using namespace varve;        // NOLINT(google-build-using-namespace): a program of one function
using namespace varve::amqp;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const ByteView input(reinterpret_cast<const char*>(data), size);
    static_cast<void>(find_field(input, "x-match"));
    const auto table = FieldTable::decode(input);
    if (!table) return 0;
    const std::string encoded = table->encode();
    const auto again = FieldTable::decode(encoded);
    VARVE_CHECK(again.has_value());
    VARVE_CHECK(again->encode() == encoded);
    return 0;
}
