#include "base/fuzz.h"
#include "image/image.h"
#include "image/sniff.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    sniff_avif_trap(data, len);
    struct image_info info;
    char message[IMAGE_MESSAGE_SIZE];
    memset(message, 'x', sizeof message);
    enum err err = image_sniff(data, len, &info, message);
    if (err) {
        fuzz_expect(
            err == ERR_NOT_AN_IMAGE || err == ERR_UNSUPPORTED_FORMAT || err == ERR_DECODE_ERROR);
        fuzz_expect(*message && memchr(message, '\0', sizeof message) != NULL);
    } else {
        fuzz_expect(info.width >= 1 && info.height >= 1);
        fuzz_expect(info.orientation >= 1 && info.orientation <= 8);
    }
    return 0;
}
