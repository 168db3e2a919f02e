// Any bytes as a MANIFEST: what is taken for whole stays so when it is read again, alone and with
// any part of its end missing.
#include "engine/base/check.h"
#include "engine/store/manifest_tail.h"

using namespace varve;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const ByteView manifest(reinterpret_cast<const char*>(data), size);
    const auto intact = intact_size_of_manifest(manifest);
    if (!intact) {
        VARVE_CHECK(intact.error().code == ErrorCode::corrupt);
        return 0;
    }
    VARVE_CHECK(*intact <= size);
    const auto again = intact_size_of_manifest(manifest.substr(0, *intact));
    VARVE_CHECK(again && *again == *intact);
    const auto shorter = intact_size_of_manifest(manifest.substr(0, *intact - *intact / 3));
    VARVE_CHECK(shorter && *shorter <= *intact);
    return 0;
}
