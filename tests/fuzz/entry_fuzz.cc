// Any bytes as the entries of a frame: what decodes encodes to the same entry again.
#include "engine/base/check.h"
#include "engine/entry.h"

#include <string>

using namespace varve;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    ByteReader reader(ByteView(reinterpret_cast<const char*>(data), size));
    while (!reader.at_end()) {
        const auto entry = decode_entry(reader);
        if (!entry) break;
        std::string once;
        encode_entry(once, *entry);
        ByteReader again(once);
        const auto second = decode_entry(again);
        VARVE_CHECK(second && again.at_end());
        std::string twice;
        encode_entry(twice, *second);
        VARVE_CHECK(once == twice);
    }
    return 0;
}
