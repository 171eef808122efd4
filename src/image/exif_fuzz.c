#include "base/fuzz.h"
#include "image/exif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    fuzz_expect(exif_orientation(data, len) <= 8);
    return 0;
}
