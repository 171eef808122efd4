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
            reader_skip(&r, 8); /* position and size */
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
