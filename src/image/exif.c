#include "image/exif.h"

#include "image/reader.h"

enum { TIFF_MAGIC = 42, TIFF_SHORT = 3, TIFF_LONG = 4, TAG_ORIENTATION = 0x0112 };

static uint32_t get(struct reader *r, unsigned n, bool big)
{
    return big ? reader_be(r, n) : reader_le(r, n);
}

/* Reads a directory entry of 12 bytes; 0 unless it is a valid orientation. */
static uint32_t entry_value(struct reader *entry, bool big)
{
    uint32_t type = get(entry, 2, big);
    uint32_t count = get(entry, 4, big);
    if (count != 1)
        return 0;
    uint32_t value = 0;
    if (type == TIFF_SHORT)
        value = get(entry, 2, big); /* a short value stands in the first two of four bytes */
    else if (type == TIFF_LONG)
        value = get(entry, 4, big);
    return value <= 8 ? value : 0;
}

uint8_t exif_orientation(const uint8_t *tiff, size_t len)
{
    struct reader r = reader_of(tiff, len);
    bool big = reader_sees(&r, "MM", 2);
    if (!big && !reader_sees(&r, "II", 2))
        return 0;
    reader_skip(&r, 2);
    if (get(&r, 2, big) != TIFF_MAGIC)
        return 0;
    uint32_t offset = get(&r, 4, big); /* from the block's start */

    r = reader_of(tiff, len);
    reader_skip(&r, offset);
    uint32_t n = get(&r, 2, big);
    for (uint32_t i = 0; i < n && !r.ended; i++) {
        struct reader entry = reader_part(&r, 12);
        if (get(&entry, 2, big) == TAG_ORIENTATION)
            return (uint8_t)entry_value(&entry, big);
    }
    return 0;
}
