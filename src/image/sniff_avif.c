#include "image/box.h"
#include "image/sniff.h"

/* ISO/IEC 23008-12: items and their properties */
enum {
    MAX_PROPERTIES = 0x7FFF, /* an index has 15 bits */
    MAX_ASSOCIATED = 32,     /* properties of one item that we look at; real ones have below 10 */
};

enum image_format sniff_avif_brand(const uint8_t *body, size_t len)
{
    static const char heic[][5] = {
        "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"};
    struct reader r = reader_of(body, len);
    struct box box;
    if (!box_next(&r, &box) || box.type != reader_tag("ftyp"))
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

/* Twice an offset, as a signed fraction, equals `want`. */
static bool is_twice(uint32_t n, uint32_t d, int64_t want)
{
    return d && (int64_t)(int32_t)n * 2 == want * (int64_t)d;
}

/* ISO/IEC 14496-12, 12.1.4: width, height and the offset of the middle, each as a fraction. As in
 * Chromium, only a part that begins in the upper left corner counts. */
void sniff_avif_crop(const uint32_t clap[SNIFF_AVIF_CLAP], uint32_t *width, uint32_t *height)
{
    uint32_t w = clap[1] ? clap[0] / clap[1] : 0, h = clap[3] ? clap[2] / clap[3] : 0;
    if (!w || !h || w > *width || h > *height || clap[0] % clap[1] || clap[2] % clap[3] ||
        !is_twice(clap[4], clap[5], (int64_t)w - *width) ||
        !is_twice(clap[6], clap[7], (int64_t)h - *height))
        return;
    *width = w;
    *height = h;
}

static bool read_clap(struct reader r, uint32_t ret[SNIFF_AVIF_CLAP])
{
    for (int i = 0; i < SNIFF_AVIF_CLAP; i++)
        ret[i] = reader_be(&r, 4);
    return !r.ended;
}

/* Uses the largest `ispe` if the primary item has none. */
static void read_properties(
    struct reader ipco, const uint16_t *set, size_t n, struct image_info *ret)
{
    struct box box;
    unsigned quarters = 0;
    int mirror = -1;
    bool own_size = false, cropped = false;
    uint32_t clap[SNIFF_AVIF_CLAP];
    for (uint32_t i = 1; i <= MAX_PROPERTIES && box_next(&ipco, &box); i++) {
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
        } else if (box.type == reader_tag("clap") && ours) {
            cropped = read_clap(box.body, clap);
        }
    }
    if (cropped && own_size)
        sniff_avif_crop(clap, &ret->width, &ret->height);
    ret->orientation = as_orientation(quarters, mirror);
}

static uint32_t primary_item(struct reader meta)
{
    struct reader pitm = box_find(meta, "pitm");
    bool wide_id = reader_be(&pitm, 4) >> 24 > 0;
    return wide_id ? reader_be(&pitm, 4) : reader_be(&pitm, 2);
}

static void read_meta(struct reader meta, struct image_info *ret)
{
    reader_skip(&meta, 4); /* version, flags */
    uint32_t primary = primary_item(meta);
    struct reader iprp = box_find(meta, "iprp");
    uint16_t set[MAX_ASSOCIATED];
    size_t n = associated(box_find(iprp, "ipma"), primary, set);
    read_properties(box_find(iprp, "ipco"), set, n, ret);
}

const char *sniff_avif(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct reader r = reader_of(body, len);
    struct box box;
    bool meta_seen = false;
    while (box_next(&r, &box)) {
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

/* ---- what libavif before 1.0 gets wrong ---- */

/* The type of an item; 0: unknown. */
static uint32_t item_type(struct reader meta, uint32_t item)
{
    struct reader iinf = box_find(meta, "iinf");
    struct box box;
    bool wide_count = reader_be(&iinf, 4) >> 24 > 0;
    reader_skip(&iinf, wide_count ? 4 : 2);
    while (box_next(&iinf, &box)) {
        uint8_t version = reader_u8(&box.body);
        reader_skip(&box.body, 3);
        uint32_t id = version > 2 ? reader_be(&box.body, 4) : reader_be(&box.body, 2);
        reader_skip(&box.body, 2); /* protection */
        uint32_t type = reader_be(&box.body, 4);
        if (box.type == reader_tag("infe") && version >= 2 && id == item)
            return type;
    }
    return 0;
}

static const char alpha_name[] = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
static const char hevc_alpha_name[] = "urn:mpeg:hevc:2015:auxid:1";

static bool names_alpha(struct reader r)
{
    return memmem(r.at, reader_left(&r), alpha_name, sizeof alpha_name) ||
           memmem(r.at, reader_left(&r), hevc_alpha_name, sizeof hevc_alpha_name);
}

/* True if an item that is no grid is auxiliary to the picture or to one of its tiles, as alpha. */
static bool has_plain_alpha(struct reader meta)
{
    struct reader iref = box_find(meta, "iref");
    struct box box;
    unsigned id_size = reader_be(&iref, 4) >> 24 > 0 ? 4 : 2;
    bool plain = false;
    while (box_next(&iref, &box)) {
        uint32_t from = reader_be(&box.body, id_size);
        plain |= box.type == reader_tag("auxl") && item_type(meta, from) != reader_tag("grid");
    }
    return plain && names_alpha(box_find(meta, "iprp"));
}

/* True if a track holds auxiliary pictures that are not said to be alpha. */
static bool has_other_auxiliary(struct reader moov)
{
    struct box box;
    while (box_next(&moov, &box)) {
        struct reader hdlr = box_find(box_find(box.body, "mdia"), "hdlr");
        reader_skip(&hdlr, 8); /* version, flags, a reserved field */
        if (box.type == reader_tag("trak") && reader_be(&hdlr, 4) == reader_tag("auxv") &&
            !names_alpha(box.body))
            return true;
    }
    return false;
}

enum sniff_avif_trap sniff_avif_trap(const uint8_t *body, size_t len)
{
    struct reader r = reader_of(body, len);
    struct reader meta = box_find(r, "meta"), moov = box_find(r, "moov");
    reader_skip(&meta, 4); /* version, flags */
    if (has_other_auxiliary(moov))
        return SNIFF_AVIF_NOT_ALPHA;
    if (item_type(meta, primary_item(meta)) == reader_tag("grid") && has_plain_alpha(meta))
        return SNIFF_AVIF_GRID_ALPHA;
    return SNIFF_AVIF_NO_TRAP;
}

void sniff_avif_hide_tracks(uint8_t *body, size_t len)
{
    static const char unused[] = {'f', 'r', 'e', 'e'}, still[] = {'a', 'v', 'i', 'f'};
    static const char sequence[] = {'a', 'v', 'i', 's'};
    struct reader r = reader_of(body, len);
    struct box box;
    for (size_t at = 0; box_next(&r, &box); at = len - reader_left(&r)) {
        uint8_t *content = body + (box.body.at - body);
        size_t content_len = reader_left(&box.body);
        if (box.type == reader_tag("moov"))
            memcpy(body + at + 4, unused, sizeof unused);
        for (size_t i = 0; box.type == reader_tag("ftyp") && i + 4 <= content_len; i += 4)
            if (!memcmp(content + i, sequence, sizeof sequence))
                memcpy(content + i, still, sizeof still);
    }
}
