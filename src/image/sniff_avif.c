#include "image/reader.h"
#include "image/sniff.h"

/* ISO/IEC 14496-12 (boxes) and 23008-12 (items and their properties) */
enum {
    BOX_HEAD_SIZE = 8,
    LARGE_BOX_HEAD_SIZE = 16,
    MAX_PROPERTIES = 0x7FFF, /* an index has 15 bits */
    MAX_ASSOCIATED = 32,     /* properties of one item that we look at; real ones have below 10 */
};

struct box {
    uint32_t type;
    struct reader body;
};

static bool is_box_type(uint32_t type)
{
    for (int shift = 0; shift < 32; shift += 8)
        if ((type >> shift & 0xFF) < ' ' || (type >> shift & 0xFF) > '~')
            return false;
    return true;
}

/* Reads a box. False: none there. A truncated box sets r->ended. */
static bool next_box(struct reader *r, struct box *ret)
{
    if (reader_left(r) < BOX_HEAD_SIZE)
        return false;
    uint64_t head = BOX_HEAD_SIZE;
    uint64_t size = reader_be(r, 4);
    ret->type = reader_be(r, 4);
    if (!is_box_type(ret->type))
        return false;
    if (size == 1) {
        head = LARGE_BOX_HEAD_SIZE;
        size = (uint64_t)reader_be(r, 4) << 32;
        size |= reader_be(r, 4);
    } else if (size == 0) {
        size = head + reader_left(r); /* up to the end */
    }
    if (size < head)
        return false;
    ret->body = reader_part(r, size - head);
    return true;
}

/* The first box of that type in `r`; empty if there is none. */
static struct reader find_box(struct reader r, const char type[5])
{
    struct box box;
    while (next_box(&r, &box))
        if (box.type == reader_tag(type))
            return box.body;
    return reader_of(r.end, 0);
}

enum image_format sniff_avif_brand(const uint8_t *body, size_t len)
{
    static const char heic[][5] = {
        "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"};
    struct reader r = reader_of(body, len);
    struct box box;
    if (!next_box(&r, &box) || box.type != reader_tag("ftyp"))
        return IMAGE_UNKNOWN;
    enum image_format found = IMAGE_UNKNOWN;
    for (size_t i = 0; reader_left(&box.body) >= 4; i++) {
        uint32_t brand = reader_be(&box.body, 4);
        if (i == 1) /* major brand, version, other brands */
            continue;
        if (brand == reader_tag("avif") || brand == reader_tag("avis"))
            return IMAGE_AVIF;
        if (brand == reader_tag("crx "))
            return IMAGE_RAW;
        for (size_t k = 0; k < sizeof heic / sizeof *heic; k++)
            if (brand == reader_tag(heic[k]))
                found = IMAGE_HEIC;
    }
    return found;
}

/* Reads the item's properties (counted from 1). Returns how many were put in `ret`. */
static size_t associated(struct reader ipma, uint32_t item, uint16_t ret[MAX_ASSOCIATED])
{
    uint32_t head = reader_be(&ipma, 4);
    bool wide_id = head >> 24 > 0;
    bool wide_index = head & 1;
    uint32_t entries = reader_be(&ipma, 4);
    for (uint32_t i = 0; i < entries && !ipma.ended; i++) {
        uint32_t id = wide_id ? reader_be(&ipma, 4) : reader_be(&ipma, 2);
        uint8_t n = reader_u8(&ipma);
        struct reader indices = reader_part(&ipma, (uint64_t)n << wide_index);
        if (id != item)
            continue;
        size_t found = 0;
        for (; found < n && found < MAX_ASSOCIATED && reader_left(&indices); found++)
            ret[found] = wide_index ? reader_be(&indices, 2) & 0x7FFF : reader_u8(&indices) & 0x7F;
        return found;
    }
    return 0;
}

static bool contains(const uint16_t *set, size_t n, uint32_t wanted)
{
    for (size_t i = 0; i < n; i++)
        if (set[i] == wanted)
            return true;
    return false;
}

/* Converts rotation (quarters, anticlockwise), then mirroring (-1 none, 0 top-bottom, 1
 * left-right) to an EXIF orientation. */
static uint8_t as_orientation(unsigned quarters, int mirror)
{
    static const uint8_t table[3][4] = {{1, 8, 3, 6}, {4, 5, 2, 7}, {2, 7, 4, 5}};
    return table[mirror + 1][quarters];
}

/* Uses the largest `ispe` if the primary item has none. */
static void read_properties(
    struct reader ipco, const uint16_t *set, size_t n, struct image_info *ret)
{
    struct box box;
    unsigned quarters = 0;
    int mirror = -1;
    bool own_size = false;
    for (uint32_t i = 1; i <= MAX_PROPERTIES && next_box(&ipco, &box); i++) {
        bool ours = contains(set, n, i);
        if (box.type == reader_tag("ispe") && !own_size) {
            reader_skip(&box.body, 4);
            uint32_t width = reader_be(&box.body, 4);
            uint32_t height = reader_be(&box.body, 4);
            bool larger = (uint64_t)width * height > (uint64_t)ret->width * ret->height;
            if (box.body.ended || !(ours || larger))
                continue;
            ret->width = width;
            ret->height = height;
            own_size = ours;
        } else if (box.type == reader_tag("irot") && ours) {
            quarters = reader_u8(&box.body) & 3;
        } else if (box.type == reader_tag("imir") && ours) {
            mirror = reader_u8(&box.body) & 1;
        }
    }
    ret->orientation = as_orientation(quarters, mirror);
}

static void read_meta(struct reader meta, struct image_info *ret)
{
    reader_skip(&meta, 4); /* version, flags */
    struct reader pitm = find_box(meta, "pitm");
    bool wide_id = reader_be(&pitm, 4) >> 24 > 0;
    uint32_t primary = wide_id ? reader_be(&pitm, 4) : reader_be(&pitm, 2);

    struct reader iprp = find_box(meta, "iprp");
    uint16_t set[MAX_ASSOCIATED];
    size_t n = associated(find_box(iprp, "ipma"), primary, set);
    read_properties(find_box(iprp, "ipco"), set, n, ret);
}

const char *sniff_avif(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct reader r = reader_of(body, len);
    struct box box;
    bool meta_seen = false;
    while (next_box(&r, &box)) {
        if (box.type == reader_tag("meta") && !meta_seen) {
            read_meta(box.body, ret);
            meta_seen = true;
        }
    }
    ret->truncated = r.ended;
    if (ret->width == 0)
        return "an AVIF without a picture header";
    return NULL;
}
