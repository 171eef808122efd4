#include "image/reader.h"
#include "image/sniff.h"

/* GIF89a, sections 18 to 27 */
enum { EXTENSION = 0x21, IMAGE_DESCRIPTOR = 0x2C, TRAILER = 0x3B, HAS_COLOUR_TABLE = 0x80 };

static void skip_colour_table(struct reader *r, uint8_t flags)
{
    if (flags & HAS_COLOUR_TABLE)
        reader_skip(r, 3u << ((flags & 7) + 1));
}

/* Skips sub-blocks, including the empty one that ends them. */
static void skip_sub_blocks(struct reader *r)
{
    uint8_t size;
    do {
        size = reader_u8(r);
        reader_skip(r, size);
    } while (size > 0 && !r->ended);
}

/* Browsers enlarge the canvas where the first frame does not fit. */
static void read_frame_size(struct reader *r, struct image_info *ret)
{
    uint32_t left = reader_le(r, 2), top = reader_le(r, 2);
    uint32_t right = left + reader_le(r, 2), bottom = top + reader_le(r, 2);
    if (r->ended)
        return;
    if (ret->width < right)
        ret->width = right;
    if (ret->height < bottom)
        ret->height = bottom;
}

const char *sniff_gif(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct reader r = reader_of(body, len);
    reader_skip(&r, 6);
    ret->width = reader_le(&r, 2);
    ret->height = reader_le(&r, 2);
    uint8_t flags = reader_u8(&r);
    reader_skip(&r, 2); /* background colour, pixel aspect */
    if (r.ended)
        return "a GIF without a whole header";
    skip_colour_table(&r, flags);

    for (;;) {
        uint8_t kind = reader_u8(&r);
        if (r.ended)
            break;
        if (kind == TRAILER)
            return "a GIF without a picture";
        if (kind == EXTENSION) {
            reader_skip(&r, 1);
            skip_sub_blocks(&r);
        } else if (kind == IMAGE_DESCRIPTOR) {
            read_frame_size(&r, ret);
            skip_colour_table(&r, reader_u8(&r));
            reader_skip(&r, 1); /* bits per code */
            skip_sub_blocks(&r);
            break;
        } else {
            return NULL; /* no block, so no way to find the next: the decoder shall judge */
        }
    }
    ret->truncated = r.ended;
    return NULL;
}
