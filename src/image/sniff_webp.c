#include "image/exif.h"
#include "image/reader.h"
#include "image/sniff.h"

/* RFC 9649 (container, VP8L) and RFC 6386 (VP8) */
enum { RIFF_HEAD_SIZE = 8, VP8_START_CODE = 0x2A019D, VP8L_SIGNATURE = 0x2F, SIDE_MASK = 0x3FFF };

static const char *read_vp8(struct reader r, struct image_info *ret)
{
    uint32_t tag = reader_le(&r, 3);
    if (reader_le(&r, 3) != VP8_START_CODE || (tag & 1))
        return "a WebP without a key frame";   /* bit 0 of the tag is set for other frames */
    ret->width = reader_le(&r, 2) & SIDE_MASK; /* the two bits above ask for scaling */
    ret->height = reader_le(&r, 2) & SIDE_MASK;
    return r.ended ? "a WebP without a whole header" : NULL;
}

static const char *read_vp8l(struct reader r, struct image_info *ret)
{
    if (reader_u8(&r) != VP8L_SIGNATURE)
        return "a WebP with a broken lossless header";
    uint32_t bits = reader_le(&r, 4);
    ret->width = (bits & SIDE_MASK) + 1;
    ret->height = (bits >> 14 & SIDE_MASK) + 1;
    return r.ended ? "a WebP without a whole header" : NULL;
}

static const char *read_vp8x(struct reader r, struct image_info *ret)
{
    reader_skip(&r, 4); /* flags, reserved */
    ret->width = reader_le(&r, 3) + 1;
    ret->height = reader_le(&r, 3) + 1;
    return r.ended ? "a WebP without a whole header" : NULL;
}

/* `r` is after the first chunk of an extended file. */
static uint8_t find_orientation(struct reader r, struct image_exif *ret_exif)
{
    while (reader_left(&r) >= RIFF_HEAD_SIZE) {
        uint32_t type = reader_be(&r, 4);
        uint32_t size = reader_le(&r, 4);
        struct reader chunk = reader_part(&r, (uint64_t)size + (size & 1));
        if (type != reader_tag("EXIF"))
            continue;
        if (reader_sees(&chunk, "Exif\0", 6)) /* JPEG's prefix, put there by some writers */
            reader_skip(&chunk, 6);
        if (reader_left(&chunk))
            *ret_exif = (struct image_exif){chunk.at, reader_left(&chunk)};
        return exif_orientation(chunk.at, reader_left(&chunk));
    }
    return 0;
}

const char *sniff_webp(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct reader r = reader_of(body, len);
    reader_skip(&r, 4);
    uint32_t riff_size = reader_le(&r, 4);
    reader_skip(&r, 4);
    uint32_t type = reader_be(&r, 4);
    uint32_t size = reader_le(&r, 4);
    if (r.ended)
        return "a WebP without a whole header";
    struct reader chunk = reader_part(&r, (uint64_t)size + (size & 1));
    ret->truncated = (uint64_t)riff_size + RIFF_HEAD_SIZE > len;

    if (type == reader_tag("VP8 "))
        return read_vp8(chunk, ret);
    if (type == reader_tag("VP8L"))
        return read_vp8l(chunk, ret);
    if (type != reader_tag("VP8X"))
        return "a WebP that does not begin with its picture";
    uint8_t orientation = find_orientation(r, &ret->exif);
    if (orientation)
        ret->orientation = orientation;
    return read_vp8x(chunk, ret);
}
