#include "image/sniff.h"
#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const enum image_format formats[] = {IMAGE_JPEG, IMAGE_PNG, IMAGE_WEBP};
    unsigned found = 0;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct image_info info;
        struct sniff_bare bare;
        char message[IMAGE_MESSAGE_SIZE];
        if (!sniff_bare(data, len, formats[i], &bare))
            continue;
        found++;
        fuzz_expect(!image_sniff(data, len, &info, message) && info.format == formats[i]);
        fuzz_expect(info.orientation == 1 && !info.truncated);
        fuzz_expect(bare.width == info.width && bare.height == info.height);
    }
    fuzz_expect(found <= 1);
    return 0;
}
