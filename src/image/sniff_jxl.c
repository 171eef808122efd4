#include "image/box.h"
#include "image/sniff.h"

/* ISO/IEC 18181-1, annex D: the size and the first fields of the metadata. Bits come from the
 * lowest of each byte on. */
struct bits {
    struct reader bytes;
    uint64_t kept;
    unsigned n;
};

static uint32_t get(struct bits *b, unsigned n)
{
    for (; b->n < n; b->n += 8)
        b->kept |= (uint64_t)reader_u8(&b->bytes) << b->n;
    uint32_t value = (uint32_t)(b->kept & ((1ULL << n) - 1));
    b->kept >>= n;
    b->n -= n;
    return value;
}

static uint32_t get_side(struct bits *b)
{
    static const uint8_t n_bits[] = {9, 13, 18, 30};
    return get(b, n_bits[get(b, 2)]) + 1;
}

/* Rounded down, as the standard wants it. */
static uint32_t by_ratio(uint32_t height, unsigned ratio)
{
    static const uint8_t across[] = {0, 1, 12, 4, 3, 16, 5, 2}, down[] = {0, 1, 10, 3, 2, 9, 4, 1};
    return (uint32_t)((uint64_t)height * across[ratio] / down[ratio]);
}

static const char *read_codestream(struct reader r, struct image_info *ret)
{
    enum { UNIT = 8 };
    struct bits b = {.bytes = r};
    reader_skip(&b.bytes, 2); /* the signature */
    bool small = get(&b, 1);
    ret->height = small ? (get(&b, 5) + 1) * UNIT : get_side(&b);
    unsigned ratio = get(&b, 3);
    if (ratio)
        ret->width = by_ratio(ret->height, ratio);
    else
        ret->width = small ? (get(&b, 5) + 1) * UNIT : get_side(&b);
    bool all_default = get(&b, 1);
    if (!all_default && get(&b, 1)) /* extra fields */
        ret->orientation = (uint8_t)(get(&b, 3) + 1);
    return b.bytes.ended ? "a JPEG XL without a whole header" : NULL;
}

static bool is_codestream(const struct reader *r)
{
    return reader_sees(r, "\xFF\x0A", 2);
}

const char *sniff_jxl(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct reader r = reader_of(body, len), found = reader_of(NULL, 0);
    struct box box;
    if (is_codestream(&r))
        return read_codestream(r, ret); /* only the decoder sees where it ends */
    while (box_next(&r, &box)) {
        if (box.type == reader_tag("jxlp"))
            reader_skip(&box.body, 4); /* the part's number */
        else if (box.type != reader_tag("jxlc"))
            continue;
        if (!found.at)
            found = box.body;
    }
    ret->truncated = r.ended;
    return found.at && is_codestream(&found) ? read_codestream(found, ret)
                                             : "a JPEG XL without a picture";
}
