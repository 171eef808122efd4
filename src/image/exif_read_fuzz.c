#include "image/exif_read.h"
#include "base/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void read_tags(const struct image_info *info, const uint8_t *body, size_t len, bool gps)
{
    struct exiftags tags;
    exif_read(info, body, len, gps, &tags);
    fuzz_expect(exiftags_are_sound(&tags));
    fuzz_expect(gps || !tags.has_gps);
}

/* The input is a block, an AVIF and any image. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct image_info info = {.format = IMAGE_JPEG, .exif = {data, len}};
    char message[IMAGE_MESSAGE_SIZE];
    if (!len)
        return 0;
    read_tags(&info, data, len, true);
    read_tags(&info, data, len, false);
    info.format = IMAGE_AVIF;
    read_tags(&info, data, len, true);
    if (!image_sniff(data, len, &info, message))
        read_tags(&info, data, len, true);
    return 0;
}
