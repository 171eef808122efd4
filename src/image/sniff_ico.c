#include "image/reader.h"
#include "image/sniff.h"

const char *sniff_ico(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct reader r = reader_of(body, len);
    reader_skip(&r, 4);
    uint16_t n = reader_le(&r, 2);
    for (uint16_t i = 0; i < n; i++) {
        uint32_t width = reader_u8(&r);
        uint32_t height = reader_u8(&r);
        reader_skip(&r, 6); /* colours, reserved, planes, depth */
        uint64_t size = reader_le(&r, 4);
        uint64_t offset = reader_le(&r, 4);
        if (r.ended)
            break;
        width = width ? width : 256; /* a byte cannot say 256 */
        height = height ? height : 256;
        if (width * height <= ret->width * ret->height)
            continue;
        ret->width = width;
        ret->height = height;
        ret->truncated = offset + size > len;
    }
    return ret->width ? NULL : "an ICO without pictures";
}
