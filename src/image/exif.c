#include "image/exif.h"

#include "image/reader.h"

enum { TIFF_MAGIC = 42, TIFF_SHORT = 3, TIFF_LONG = 4, TAG_ORIENTATION = 0x0112 };

static uint32_t get16(struct reader *r, bool big)
{
    return big ? reader_be16(r) : reader_le16(r);
}

static uint32_t get32(struct reader *r, bool big)
{
    return big ? reader_be32(r) : reader_le32(r);
}

/* Reads a directory entry of 12 bytes; 0 unless it is a valid orientation. */
static uint32_t entry_value(struct reader *entry, bool big)
{
    uint32_t type = get16(entry, big);
    uint32_t count = get32(entry, big);
    if (count != 1)
        return 0;
    uint32_t value = 0;
    if (type == TIFF_SHORT)
        value = get16(entry, big); /* a short value stands in the first two of four bytes */
    else if (type == TIFF_LONG)
        value = get32(entry, big);
    return value <= 8 ? value : 0;
}

uint8_t exif_orientation(const uint8_t *tiff, size_t len)
{
    struct reader r = reader_of(tiff, len);
    bool big = reader_sees(&r, "MM", 2);
    if (!big && !reader_sees(&r, "II", 2))
        return 0;
    reader_skip(&r, 2);
    if (get16(&r, big) != TIFF_MAGIC)
        return 0;
    uint32_t offset = get32(&r, big); /* from the block's start */

    r = reader_of(tiff, len);
    reader_skip(&r, offset);
    uint32_t n = get16(&r, big);
    for (uint32_t i = 0; i < n && !r.ended; i++) {
        struct reader entry = reader_part(&r, 12);
        if (get16(&entry, big) == TAG_ORIENTATION)
            return (uint8_t)entry_value(&entry, big);
    }
    return 0;
}
