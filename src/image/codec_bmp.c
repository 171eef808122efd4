/*
 * BMP of all depths: with palette, plain or run-length encoded; 16 to 32 bits with or without
 * masks; both row orders. As in browsers, alpha is used only if there is a mask for it and some
 * pixel has alpha, and pixels skipped by a run-length code are transparent. Needs no library.
 */
#include "image/codec_bmp.h"

#include "image/codec.h"
#include "image/reader.h"

#include <string.h>

enum {
    FILE_HEADER_SIZE = 14,
    CORE_HEADER_SIZE = 12, /* OS/2 1.x: sides of 16 bits, colours of three bytes */
    INFO_HEADER_SIZE = 40,
    MASKS_HEADER_SIZE = 52, /* with masks for red, green and blue in it */
    ALPHA_HEADER_SIZE = 56, /* and for alpha */
    OS2_HEADER_SIZE = 64,   /* which means other things by compression 3 and 4 */
    MAX_COLOURS = 256,
};

enum { BI_RGB, BI_RLE8, BI_RLE4, BI_BITFIELDS, BI_JPEG, BI_PNG, BI_ALPHABITFIELDS };

struct bitmap {
    uint32_t width, height, header_size, compression, colours_used;
    unsigned bits;
    bool top_down;
    uint32_t masks[4]; /* red, green, blue, alpha; 0: there is none */
    uint8_t palette[MAX_COLOURS][3];
    struct reader data;
};

static bool is_rle(const struct bitmap *b)
{
    return b->compression == BI_RLE8 || b->compression == BI_RLE4;
}

/* Reads sides, depth and compression. Leaves `r` after them. */
static void read_sizes(struct reader *r, struct bitmap *b)
{
    b->header_size = reader_le(r, 4);
    if (b->header_size == CORE_HEADER_SIZE) {
        b->width = reader_le(r, 2);
        b->height = reader_le(r, 2);
    } else {
        b->width = reader_le(r, 4);
        b->height = reader_le(r, 4);
        b->top_down = b->height > INT32_MAX;
        if (b->top_down)
            b->height = -b->height;
    }
    reader_skip(r, 2); /* planes */
    b->bits = reader_le(r, 2);
    if (b->header_size < INFO_HEADER_SIZE)
        return;
    b->compression = reader_le(r, 4);
    reader_skip(r, 12); /* size of the pixels, resolution */
    b->colours_used = reader_le(r, 4);
    reader_skip(r, 4); /* how many are important */
}

/* Masks follow a header of 40 bytes or are part of a longer one; either way at the same offset. */
static void read_masks(struct reader *r, struct bitmap *b, bool icon)
{
    bool has_masks = b->compression == BI_BITFIELDS || b->compression == BI_ALPHABITFIELDS;
    bool has_alpha = b->header_size >= ALPHA_HEADER_SIZE || b->compression == BI_ALPHABITFIELDS;
    if (b->bits == 16)
        memcpy(b->masks, (const uint32_t[]){0x7C00, 0x3E0, 0x1F, 0}, sizeof b->masks);
    else
        memcpy(b->masks,
            (const uint32_t[]){0xFF0000, 0xFF00, 0xFF, icon && b->bits == 32 ? 0xFF000000 : 0},
            sizeof b->masks);
    for (unsigned c = 0; has_masks && c < 3u + has_alpha; c++)
        b->masks[c] = reader_le(r, 4);
}

static void read_palette(struct reader *r, struct bitmap *b)
{
    size_t size = b->header_size == CORE_HEADER_SIZE ? 3 : 4;
    uint32_t n = 1u << b->bits;
    if (b->colours_used && b->colours_used < n)
        n = b->colours_used;
    for (uint32_t i = 0; i < n && reader_left(r) >= size; i++) {
        const uint8_t *bgr = reader_take(r, size);
        for (int c = 0; c < 3; c++)
            b->palette[i][c] = bgr[2 - c];
    }
}

static enum err check_kind(const struct codec_input *in, const struct bitmap *b)
{
    unsigned bits = b->bits;
    bool os2 = b->header_size == OS2_HEADER_SIZE;
    bool masked = b->compression == BI_BITFIELDS || b->compression == BI_ALPHABITFIELDS;
    if (b->compression == BI_JPEG || b->compression == BI_PNG || b->compression > 6 ||
        (os2 && b->compression > BI_RLE4))
        return image_fail(in->message, ERR_UNSUPPORTED_FORMAT, "BMP: an unknown compression");
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
        return image_fail(in->message, ERR_DECODE_ERROR, "BMP: an impossible depth");
    if ((b->compression == BI_RLE8 && bits != 8) || (b->compression == BI_RLE4 && bits != 4) ||
        (masked && bits != 16 && bits != 32))
        return image_fail(in->message, ERR_DECODE_ERROR, "BMP: a compression for another depth");
    return ERR_OK;
}

static enum err read_bmp_header(
    const struct codec_input *in, const struct codec_bmp_layout *layout, struct bitmap *ret)
{
    struct reader r = reader_of(in->body, in->len);
    *ret = (struct bitmap){0};
    read_sizes(&r, ret);
    if (r.ended || ret->header_size < CORE_HEADER_SIZE)
        return image_fail(in->message, ERR_DECODE_ERROR, "BMP: the header is incomplete");
    if (layout->icon_height)
        ret->height = layout->icon_height;
    if (!ret->width || !ret->height)
        return image_fail(in->message, ERR_DECODE_ERROR, "BMP: a side of zero");
    enum err err = check_kind(in, ret);
    if (err)
        return err;
    read_masks(&r, ret, layout->icon_height > 0);
    struct reader after = reader_of(in->body, in->len);
    reader_skip(&after, ret->header_size);
    if (r.at > after.at) /* masks behind the header */
        after = r;
    if (ret->bits <= 8)
        read_palette(&after, ret);
    if (layout->pixels_at >= ret->header_size) {
        after = reader_of(in->body, in->len);
        reader_skip(&after, layout->pixels_at);
    }
    if (!reader_left(&after))
        return image_fail(in->message, ERR_DECODE_ERROR, "BMP: it ends before its pixels");
    ret->data = after;
    return ERR_OK;
}

/* The picture's row for row i of the data. */
static uint8_t *row_of(const struct bitmap *b, const struct pixels *p, uint32_t i)
{
    return pixels_row(p, b->top_down ? i : b->height - 1 - i);
}

static void put_index(const struct bitmap *b, uint8_t index, uint8_t *to, unsigned channels)
{
    memcpy(to, b->palette[index], 3);
    if (channels == 4)
        to[3] = 255;
}

/* The bits of a pixel under a mask, scaled to 0 to 255. */
static uint8_t masked(uint32_t pixel, uint32_t mask)
{
    if (!mask)
        return 0;
    unsigned shift = (unsigned)__builtin_ctz(mask);
    uint64_t most = mask >> shift;
    return (uint8_t)((((uint64_t)(pixel & mask) >> shift) * 255 + most / 2) / most);
}

static void put_bmp_row(
    const struct bitmap *b, const uint8_t *from, const struct pixels *p, uint8_t *to)
{
    unsigned bytes = b->bits / 8;
    for (uint32_t x = 0; x < b->width; x++, to += p->channels) {
        if (b->bits <= 8) {
            size_t bit = (size_t)x * b->bits;
            unsigned index = from[bit / 8] >> (8 - b->bits - bit % 8);
            put_index(b, (uint8_t)(index & ((1u << b->bits) - 1)), to, p->channels);
            continue;
        }
        if (b->bits == 24) {
            to[0] = from[2];
            to[1] = from[1];
            to[2] = from[0];
        } else {
            uint32_t pixel = 0;
            for (unsigned i = 0; i < bytes; i++)
                pixel |= (uint32_t)from[i] << 8 * i;
            for (unsigned c = 0; c < 3; c++)
                to[c] = masked(pixel, b->masks[c]);
            if (p->channels == 4)
                to[3] = b->masks[3] ? masked(pixel, b->masks[3]) : 255;
        }
        if (b->bits == 24 && p->channels == 4)
            to[3] = 255;
        from += bytes;
    }
}

/* Puts rows until one is incomplete. True: nothing was missing. */
static bool put_rows(struct bitmap *b, const struct pixels *p)
{
    size_t size = (size_t)(((uint64_t)b->width * b->bits + 31) / 32 * 4);
    size_t needed = (size_t)(((uint64_t)b->width * b->bits + 7) / 8);
    for (uint32_t i = 0; i < b->height; i++) {
        if (reader_left(&b->data) < needed)
            return false;
        put_bmp_row(b, b->data.at, p, row_of(b, p, i));
        reader_skip(&b->data, size);
    }
    return true;
}

/* Puts a run of n pixels from (x, y) on: repeats one byte, or reads as many as needed (literal). */
static void put_run(const struct bitmap *b, const struct pixels *p, uint32_t x, uint32_t y,
    unsigned n, const uint8_t *from, bool literal)
{
    if (y >= b->height)
        return;
    uint8_t *row = row_of(b, p, y);
    for (unsigned i = 0; i < n && x + i < b->width; i++) {
        uint8_t index = from[0];
        if (b->compression == BI_RLE4)
            index = literal ? from[i / 2] >> (i % 2 ? 0 : 4) & 15 : index >> (i % 2 ? 0 : 4) & 15;
        else if (literal)
            index = from[i];
        put_index(b, index, row + (size_t)(x + i) * p->channels, p->channels);
    }
}

/* True: the end marker or the last row was reached. */
static bool put_runs(struct bitmap *b, const struct pixels *p)
{
    enum { END_OF_ROW, END, DELTA };
    struct reader *r = &b->data;
    uint64_t x = 0;
    uint64_t y = 0;
    while (y < b->height) {
        uint8_t n = reader_u8(r);
        uint8_t what = reader_u8(r);
        if (r->ended)
            return false;
        if (n > 0) {
            put_run(b, p, (uint32_t)x, (uint32_t)y, n, &what, false);
            x += n;
        } else if (what == END_OF_ROW) {
            x = 0;
            y++;
        } else if (what == END) {
            return true;
        } else if (what == DELTA) {
            x += reader_u8(r);
            y += reader_u8(r);
        } else {
            size_t size = b->compression == BI_RLE4 ? (what + 1u) / 2 : what;
            const uint8_t *literal = reader_take(r, size);
            if (!literal)
                return false;
            put_run(b, p, (uint32_t)x, (uint32_t)y, what, literal, true);
            reader_skip(r, size & 1);
            x += what;
        }
        if (x > b->width)
            x = b->width;
    }
    return true;
}

static bool is_clear(const struct pixels *p)
{
    for (size_t i = 3; i < pixels_stride(p) * p->height; i += 4)
        if (p->data[i])
            return false;
    return true;
}

static void set_alpha(const struct pixels *p)
{
    for (size_t i = 3; i < pixels_stride(p) * p->height; i += 4)
        p->data[i] = 255;
}

/* In place. */
/* Applies an icon's mask, whose rows are ordered like those of the pixels. Missing rows mask
 * nothing. */
static void put_mask(struct bitmap *b, const struct pixels *p)
{
    size_t size = ((size_t)b->width + 31) / 32 * 4;
    for (uint32_t y = 0; y < b->height; y++) {
        const uint8_t *bits = reader_take(&b->data, size);
        if (!bits)
            return;
        uint8_t *row = row_of(b, p, y);
        for (uint32_t x = 0; x < b->width; x++)
            if (bits[x / 8] & 0x80 >> x % 8)
                row[(size_t)x * 4 + 3] = 0;
    }
}

/* The most pixels that the data can make. A count and a byte make a run of up to 255. */
static uint64_t most_pixels(const struct bitmap *b)
{
    uint64_t bytes = reader_left(&b->data);
    return is_rle(b) ? (bytes + 1) / 2 * 255 : bytes * 8 / b->bits;
}

/* Checks that the data can fill the picture, and the limits. */
static enum err check_pixels(
    const struct codec_input *in, const struct bitmap *b, unsigned channels)
{
    uint64_t pixels = (uint64_t)b->width * b->height;
    enum err err = codec_check_size(in, b->width, b->height);
    if (!err && codec_is_sliver(most_pixels(b), pixels))
        err = image_fail(in->message, ERR_DECODE_ERROR, "BMP: it ends before its pixels");
    if (!err)
        err = codec_check_memory(in, pixels * channels);
    return err;
}

enum err codec_bmp_decode(const struct codec_input *in, const struct codec_bmp_layout *layout,
    struct picture *ret, bool *ret_truncated)
{
    struct bitmap b;
    struct pixels p;
    enum err err = read_bmp_header(in, layout, &b);
    if (err)
        return err;
    bool alpha = layout->icon_height || is_rle(&b) || (b.bits > 8 && b.masks[3]);
    err = check_pixels(in, &b, alpha ? 4 : 3);
    if (err)
        return err;
    if (!pixels_init(&p, b.width, b.height, alpha ? 4 : 3))
        return image_fail(in->message, ERR_DECODE_MEMORY, "BMP: out of memory");
    memset(p.data, 0, pixels_stride(&p) * p.height);
    *ret_truncated = is_rle(&b) ? !put_runs(&b, &p) : !put_rows(&b, &p);
    bool has_own_alpha = b.bits > 8 && b.masks[3];
    if (has_own_alpha && is_clear(&p)) {
        set_alpha(&p);
        has_own_alpha = false;
    }
    if (layout->icon_height && !has_own_alpha)
        put_mask(&b, &p);
    if (alpha)
        pixels_drop_opaque_alpha(&p);
    *ret = picture_of(p);
    return ERR_OK;
}

static enum err decode_bmp(const struct codec_input *in, struct picture *ret, bool *ret_truncated)
{
    struct reader r = reader_of(in->body, in->len);
    struct codec_input bitmap = *in;
    struct codec_bmp_layout layout = {0};
    reader_skip(&r, FILE_HEADER_SIZE - 4);
    uint32_t offset = reader_le(&r, 4);
    if (offset > FILE_HEADER_SIZE)
        layout.pixels_at = offset - FILE_HEADER_SIZE;
    bitmap.body = r.at;
    bitmap.len = reader_left(&r);
    return codec_bmp_decode(&bitmap, &layout, ret, ret_truncated);
}

const struct codec_decoder codec_bmp = {
    .name = "imgfetch",
    .formats = 1u << IMAGE_BMP,
    .decode = decode_bmp,
};
