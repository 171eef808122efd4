#include "image/reader.h"
#include "image/sniff.h"

enum {
    FILE_HEADER_SIZE = 14,
    CORE_HEADER_SIZE = 12,  /* OS/2 1.x; all the later ones begin alike */
    OS2_HEADER_SIZE = 64,   /* whose compression 3 is not bit fields */
    MAX_HEADER_SIZE = 1024, /* 124 is the largest known; letters would make far more */
};

enum { BI_RGB = 0, BI_BITFIELDS = 3, BI_ALPHABITFIELDS = 6 };

struct bmp {
    uint32_t offset, header_size, compression, image_size;
    uint16_t bits;
};

bool sniff_bmp_is(const uint8_t *body, size_t len)
{
    struct reader r = reader_of(body, len);
    if (!reader_sees(&r, "BM", 2))
        return false;
    reader_skip(&r, FILE_HEADER_SIZE);
    uint32_t header_size = reader_le(&r, 4);
    return header_size >= CORE_HEADER_SIZE && header_size <= MAX_HEADER_SIZE;
}

/* True if the body has fewer bytes of pixels than it should. */
static bool lacks_pixels(const struct bmp *bmp, const struct image_info *info, size_t len)
{
    size_t have = len > bmp->offset ? len - bmp->offset : 0;
    bool plain = bmp->compression == BI_RGB ||
                 (bmp->compression == BI_BITFIELDS && bmp->header_size != OS2_HEADER_SIZE) ||
                 bmp->compression == BI_ALPHABITFIELDS;
    if (!plain)
        return bmp->image_size > have;
    uint64_t row = ((uint64_t)info->width * bmp->bits + 31) / 32 * 4;
    return row > 0 && have / row < info->height;
}

const char *sniff_bmp(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct bmp bmp = {0};
    struct reader r = reader_of(body, len);
    reader_skip(&r, 10);
    bmp.offset = reader_le(&r, 4);
    bmp.header_size = reader_le(&r, 4);
    if (bmp.header_size < 16) {
        ret->width = reader_le(&r, 2);
        ret->height = reader_le(&r, 2);
    } else {
        ret->width = reader_le(&r, 4);
        ret->height = reader_le(&r, 4);
        if (ret->width > INT32_MAX)
            return "a BMP with an impossible width";
        if (ret->height > INT32_MAX)
            ret->height = -ret->height; /* below zero: the top row comes first */
    }
    reader_skip(&r, 2); /* planes */
    bmp.bits = reader_le(&r, 2);
    if (r.ended)
        return "a BMP without a whole header";
    if (bmp.bits > 32)
        return "a BMP with an impossible depth";
    if (bmp.header_size >= 24) {
        bmp.compression = reader_le(&r, 4);
        bmp.image_size = reader_le(&r, 4);
    }
    ret->truncated = r.ended || lacks_pixels(&bmp, ret, len);
    return NULL;
}
