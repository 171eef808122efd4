#include "image/reader.h"
#include "image/sniff.h"

enum {
    DIRECTORY_AT = 6,
    ENTRY_SIZE = 16,
    CORE_HEADER_SIZE = 12, /* OS/2 1.x; its sizes have two bytes */
    CURSOR = 2,
};

static const char png_signature[] = "\x89PNG\r\n\x1A\n";

struct entry {
    uint32_t width, height; /* by the directory; 0 means 256 or anything */
    unsigned bits;          /* a pixel; of a cursor: 0, it has a hot spot there */
    uint32_t size, offset;
};

static struct entry read_entry(struct reader *r, bool cursor)
{
    struct entry e = {.width = reader_u8(r), .height = reader_u8(r)};
    reader_skip(r, 4); /* colours, reserved, planes or hot spot */
    e.bits = reader_le(r, 2);
    if (cursor)
        e.bits = 0;
    e.size = reader_le(r, 4);
    e.offset = reader_le(r, 4);
    return e;
}

/* The largest; of several, the first with most bits. False: there is none. */
static bool find_entry(const uint8_t *body, size_t len, struct entry *ret)
{
    struct reader r = reader_of(body, len);
    uint32_t most_pixels = 0;
    reader_skip(&r, 2);
    bool cursor = reader_le(&r, 2) == CURSOR;
    uint16_t n = reader_le(&r, 2);
    for (uint16_t i = 0; i < n; i++) {
        struct entry e = read_entry(&r, cursor);
        uint32_t pixels = (e.width ? e.width : 256) * (e.height ? e.height : 256);
        if (r.ended)
            break;
        if (pixels < most_pixels || (pixels == most_pixels && e.bits <= ret->bits))
            continue;
        most_pixels = pixels;
        *ret = e;
    }
    return most_pixels > 0;
}

/*
 * The height of a bitmap's header counts the mask below the pixels, so it is twice the picture's.
 * Some programs forget that: then it is the directory's, and there are pixels for all its rows.
 */
static uint32_t picture_height(
    const struct entry *e, uint32_t width, uint32_t height, unsigned bits, size_t pixels_len)
{
    uint64_t stride = ((uint64_t)width * bits + 31) / 32 * 4;
    bool forgot = height == e->height && stride && pixels_len / stride >= height;
    return forgot ? height : height / 2;
}

/* Reads the header of a bitmap without file header. */
static void read_bitmap(struct reader r, const struct entry *e, struct image_info *ret)
{
    size_t len = reader_left(&r);
    uint32_t header_size = reader_le(&r, 4);
    unsigned n = header_size == CORE_HEADER_SIZE ? 2 : 4;
    uint32_t width = reader_le(&r, n), height = reader_le(&r, n);
    reader_skip(&r, 2); /* planes */
    unsigned bits = reader_le(&r, 2);
    if (r.ended || width > INT32_MAX)
        return;
    if (height > INT32_MAX)
        height = -height; /* below zero: the top row comes first */
    uint64_t before = header_size + (bits <= 8 ? (uint64_t)4 << bits : 0); /* and a palette */
    ret->width = width;
    ret->height = picture_height(e, width, height, bits, len > before ? len - before : 0);
}

const char *sniff_ico_picture(const uint8_t *body, size_t len, struct sniff_part *ret)
{
    struct entry e = {0};
    *ret = (struct sniff_part){.info.orientation = 1};
    if (!find_entry(body, len, &e))
        return "an icon without pictures";
    struct reader r = reader_of(body, len);
    reader_skip(&r, e.offset);
    if (r.ended || !reader_left(&r)) {
        ret->info.truncated = true;
        return "an icon that ends before its picture";
    }
    bool cut = e.size > reader_left(&r);
    struct reader file = reader_part(&r, e.size ? e.size : UINT32_MAX); /* 0: up to the end */
    ret->body = file.at;
    ret->len = reader_left(&file);
    ret->is_png = reader_sees(&file, png_signature, sizeof png_signature - 1);
    const char *trouble = NULL;
    if (ret->is_png)
        trouble = sniff_png(ret->body, ret->len, &ret->info);
    else
        read_bitmap(file, &e, &ret->info);
    ret->info.truncated |= cut;
    return trouble;
}

const char *sniff_ico(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct sniff_part picture;
    const char *trouble = sniff_ico_picture(body, len, &picture);
    ret->width = picture.info.width;
    ret->height = picture.info.height;
    ret->orientation = picture.info.orientation;
    ret->truncated = picture.info.truncated;
    return trouble;
}

bool sniff_ico_is_cursor(const uint8_t *body, size_t len)
{
    struct reader r = reader_of(body, len);
    if (!reader_sees(&r, "\0\0\2\0", 4))
        return false;
    reader_skip(&r, 4);
    uint32_t n = reader_le(&r, 2);
    reader_skip(&r, 3); /* sizes, colours */
    uint8_t reserved = reader_u8(&r);
    reader_skip(&r, 8); /* hot spot, size */
    uint32_t offset = reader_le(&r, 4);
    return !r.ended && n && !reserved && offset >= DIRECTORY_AT + n * ENTRY_SIZE;
}
