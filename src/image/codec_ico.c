/* Decodes the largest picture of a Windows icon; of several, the one with most bits a pixel. It
 * is a whole PNG or a bitmap. */
#include "image/codec.h"
#include "image/codec_bmp.h"
#include "image/reader.h"

static const char png_signature[] = "\x89PNG\r\n\x1A\n";

/* Returns the chosen picture; empty: none lies in the file. */
static struct reader find_largest(const uint8_t *body, size_t len)
{
    struct reader r = reader_of(body, len);
    struct reader found = reader_of(NULL, 0);
    uint32_t most_pixels = 0;
    unsigned most_bits = 0;
    reader_skip(&r, 4);
    uint16_t n = reader_le(&r, 2);
    for (uint16_t i = 0; i < n && !r.ended; i++) {
        uint32_t width = reader_u8(&r);
        uint32_t height = reader_u8(&r);
        reader_skip(&r, 4); /* colours, reserved, planes */
        unsigned bits = reader_le(&r, 2);
        uint32_t size = reader_le(&r, 4);
        uint32_t offset = reader_le(&r, 4);
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

static enum err decode_ico(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    struct reader found = find_largest(in->body, in->len);
    struct codec_input part = *in;
    struct image_info info;
    part.body = found.at;
    part.len = reader_left(&found);
    part.info = &info;
    if (!part.len)
        return image_fail(in->message, ERR_DECODE_ERROR, "an ICO that ends before its picture");
    if (!reader_sees(&found, png_signature, sizeof png_signature - 1))
        return codec_bmp_decode(
            &part, &(struct codec_bmp_layout){.icon = true}, ret, ret_truncated);
    enum err err = image_sniff(part.body, part.len, &info, in->message);
    return err ? err : codec_decoder_for(IMAGE_PNG)->decode(&part, ret, ret_truncated);
}

const struct codec_decoder codec_ico = {
    .name = "imgfetch",
    .formats = 1u << IMAGE_ICO,
    .decode = decode_ico,
};
