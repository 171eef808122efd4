/* Decodes the largest picture of a Windows icon; of several, the one with most bits a pixel. It
 * is a whole PNG or a bitmap. */
#include "image/codec.h"
#include "image/codec_bmp.h"
#include "image/reader.h"

#include <string.h>

static const char png_signature[] = "\x89PNG\r\n\x1A\n";

/* Returns the chosen picture; empty: none lies in the file. */
static struct reader find_largest(const uint8_t *body, size_t len)
{
    struct reader r = reader_of(body, len);
    struct reader found = reader_of(NULL, 0);
    uint32_t most_pixels = 0;
    unsigned most_bits = 0;
    reader_skip(&r, 4);
    uint16_t n = reader_le16(&r);
    for (uint16_t i = 0; i < n && !r.ended; i++) {
        uint32_t width = reader_u8(&r);
        uint32_t height = reader_u8(&r);
        reader_skip(&r, 4); /* colours, reserved, planes */
        unsigned bits = reader_le16(&r);
        uint32_t size = reader_le32(&r);
        uint32_t offset = reader_le32(&r);
        uint32_t pixels = (width ? width : 256) * (height ? height : 256); /* a byte has no 256 */
        if (r.ended || pixels < most_pixels || (pixels == most_pixels && bits <= most_bits))
            continue;
        most_pixels = pixels;
        most_bits = bits;
        struct reader file = reader_of(body, len);
        reader_skip(&file, offset);
        found = reader_part(&file, size);
    }
    return found;
}

static enum err decode_png(struct reader body, const struct codec_wish *wish,
    const struct image_limits *limits, struct picture *ret, bool *ret_truncated,
    char message[IMAGE_MESSAGE_SIZE])
{
    struct image_info info;
    enum err err = image_sniff(body.at, reader_left(&body), &info, message);
    if (err)
        return err;
    return codec_decoder_for(IMAGE_PNG)->decode(
        body.at, reader_left(&body), &info, wish, limits, ret, ret_truncated, message);
}

static enum err decode_ico(const uint8_t *body, size_t len, const struct image_info *info,
    const struct codec_wish *wish, const struct image_limits *limits, struct picture *ret,
    bool *ret_truncated, char message[IMAGE_MESSAGE_SIZE])
{
    struct reader found = find_largest(body, len);
    (void)info;
    if (!reader_left(&found))
        return image_fail(message, ERR_DECODE_ERROR, "an ICO that ends before its picture");
    if (reader_sees(&found, png_signature, sizeof png_signature - 1))
        return decode_png(found, wish, limits, ret, ret_truncated, message);
    const struct codec_bmp_layout layout = {.icon = true};
    return codec_bmp_decode(
        found.at, reader_left(&found), &layout, limits, ret, ret_truncated, message);
}

const struct codec_decoder codec_ico = {
    .name = "imgfetch",
    .formats = 1u << IMAGE_ICO,
    .decode = decode_ico,
};
