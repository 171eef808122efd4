/* Finds the EXIF of an AVIF. Its orientation does not count, so only those who ask read it. */
#include "image/box.h"
#include "image/sniff.h"

/* ISO/IEC 14496-12, 8.11.3: where an item lies. */
enum { IN_FILE = 0, IN_IDAT = 1 };

/* The fields' sizes of an `iloc` box, in bytes. */
struct sizes {
    unsigned offset, length, base, index;
};

/* The first item of type Exif; 0: there is none. */
static uint32_t exif_item(struct reader meta)
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
        if (box.type == reader_tag("infe") && version >= 2 &&
            reader_be(&box.body, 4) == reader_tag("Exif"))
            return id;
    }
    return 0;
}

/* A number of 0, 4 or 8 bytes. */
static uint64_t read_wide(struct reader *r, unsigned size)
{
    uint64_t high = size == 8 ? reader_be(r, 4) : 0;
    return high << 32 | (size ? reader_be(r, 4) : 0);
}

static bool are_valid(const struct sizes *s)
{
    const unsigned all[] = {s->offset, s->length, s->base, s->index};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] != 0 && all[i] != 4 && all[i] != 8)
            return false;
    return s->offset && s->length;
}

/* Reads one entry up to its end. ret: its first extent in `file` or `idat`; empty if it has none
 * there. */
static void read_entry(struct reader *iloc, uint8_t version, const struct sizes *s,
    struct reader file, struct reader idat, struct reader *ret)
{
    unsigned method = version > 0 ? reader_be(iloc, 2) & 0xF : IN_FILE;
    reader_skip(iloc, 2); /* of another file */
    uint64_t base = read_wide(iloc, s->base);
    uint32_t extents = reader_be(iloc, 2);
    struct reader all = method == IN_IDAT ? idat : file;
    *ret = reader_of(NULL, 0);
    for (uint32_t i = 0; i < extents && !iloc->ended; i++) {
        reader_skip(iloc, version > 0 ? s->index : 0);
        uint64_t offset = read_wide(iloc, s->offset), size = read_wide(iloc, s->length);
        if (i > 0 || method > IN_IDAT || iloc->ended || !reader_left(&all) ||
            base > UINT64_MAX - offset)
            continue;
        reader_skip(&all, base + offset);
        *ret = reader_part(&all, size);
    }
}

/* The first extent of the item; empty if it does not lie in the body. */
static struct reader find_item(struct reader meta, struct reader file, uint32_t item)
{
    struct reader iloc = box_find(meta, "iloc"), idat = box_find(meta, "idat"), found;
    uint8_t version = (uint8_t)(reader_be(&iloc, 4) >> 24);
    uint32_t packed = reader_be(&iloc, 2);
    const struct sizes s = {
        packed >> 12, packed >> 8 & 0xF, packed >> 4 & 0xF, version > 0 ? packed & 0xF : 0};
    uint32_t n = version > 1 ? reader_be(&iloc, 4) : reader_be(&iloc, 2);
    for (uint32_t i = 0; i < n && version <= 2 && are_valid(&s) && !iloc.ended; i++) {
        uint32_t id = version > 1 ? reader_be(&iloc, 4) : reader_be(&iloc, 2);
        read_entry(&iloc, version, &s, file, idat, &found);
        if (id == item)
            return found;
    }
    return reader_of(NULL, 0);
}

struct image_exif sniff_avif_exif(const uint8_t *body, size_t len)
{
    struct reader file = reader_of(body, len), meta = box_find(file, "meta");
    reader_skip(&meta, 4); /* version, flags */
    uint32_t item = exif_item(meta);
    struct reader exif = item ? find_item(meta, file, item) : reader_of(NULL, 0);
    if (!reader_left(&exif))
        return (struct image_exif){NULL, 0};
    uint32_t before = reader_be(&exif, 4); /* bytes in front of the block */
    reader_skip(&exif, before);
    size_t left = reader_left(&exif);
    return (struct image_exif){left ? exif.at : NULL, left};
}
