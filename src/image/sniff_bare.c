#include "image/sniff.h"

#include "image/reader.h"

#include <zlib.h>

/* ---- JPEG ---- */

/* ITU-T T.81, table B.1 */
enum {
    SOF0 = 0xC0,
    SOF2 = 0xC2,
    DHT = 0xC4,
    RST0 = 0xD0,
    RST7 = 0xD7,
    EOI = 0xD9,
    SOS = 0xDA,
    DQT = 0xDB,
    DNL = 0xDC,
    DRI = 0xDD,
    APP0 = 0xE0,
    APP2 = 0xE2,
    APP14 = 0xEE,
};

/* A JFIF header: up to the size of its preview, which must be none. */
enum { JFIF_SIZE = 14, JFIF_PREVIEW = 12, ADOBE_SIZE = 12 };

/* True if there are no other bytes in the segment than decoding needs. */
static bool is_needed(int marker, struct reader segment, struct sniff_bare *ret)
{
    static const char jfif[] = "JFIF", adobe[] = "Adobe", icc[] = "ICC_PROFILE";
    size_t len = reader_left(&segment);
    switch (marker) {
    case APP0:
        return len == JFIF_SIZE && reader_sees(&segment, jfif, sizeof jfif) &&
               segment.at[JFIF_PREVIEW] == 0 && segment.at[JFIF_PREVIEW + 1] == 0;
    case APP2:
        ret->has_profile = true;
        return reader_sees(&segment, icc, sizeof icc);
    case APP14:
        return len == ADOBE_SIZE && reader_sees(&segment, adobe, sizeof adobe - 1);
    case DHT:
    case DQT:
    case DNL:
    case DRI:
    case SOS:
        return true;
    default:
        return marker >= SOF0 && marker <= SOF2 && len > 0 && *segment.at == 8; /* bits */
    }
}

/* Moves behind the data of a scan, to the marker after it. */
static void skip_scan(struct reader *r)
{
    const uint8_t *mark;
    while ((mark = memchr(r->at, 0xFF, reader_left(r))) && mark + 1 < r->end) {
        r->at = mark;
        if (mark[1] != 0x00 && mark[1] != 0xFF && (mark[1] < RST0 || mark[1] > RST7))
            return;
        r->at = mark[1] == 0xFF ? mark + 1 : mark + 2;
    }
    r->at = r->end;
}

static bool is_bare_jpeg(struct reader r, struct sniff_bare *ret)
{
    reader_skip(&r, 2); /* SOI */
    for (;;) {
        if (reader_u8(&r) != 0xFF)
            return false;
        int marker = reader_u8(&r);
        if (marker == EOI)
            return !r.ended && !reader_left(&r);
        uint32_t size = reader_be(&r, 2);
        if (r.ended || size < 2)
            return false;
        struct reader segment = reader_part(&r, size - 2);
        if (r.ended || !is_needed(marker, segment, ret))
            return false;
        if (marker == SOS)
            skip_scan(&r);
    }
}

/* ---- PNG ---- */

enum { SIGNATURE_SIZE = 8, IHDR_DEPTH = 8 };

static bool is_one_of(uint32_t type, const char names[][5], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (type == reader_tag(names[i]))
            return true;
    return false;
}

static bool is_bare_png(struct reader r, struct sniff_bare *ret)
{
    static const char known[][5] = {
        "PLTE", "tRNS", "IDAT", "IEND", "sRGB", "gAMA", "cHRM", "cICP", "iCCP", "sBIT", "pHYs"};
    reader_skip(&r, SIGNATURE_SIZE);
    for (;;) {
        uint32_t size = reader_be(&r, 4);
        const uint8_t *start = r.at;
        uint32_t type = reader_be(&r, 4);
        struct reader data = reader_part(&r, size);
        uint32_t sum = reader_be(&r, 4);
        if (r.ended || sum != crc32_z(crc32(0, NULL, 0), start, (size_t)size + 4))
            return false;
        if (type == reader_tag("IHDR") && size > IHDR_DEPTH && data.at[IHDR_DEPTH] <= 8)
            continue;
        if (!is_one_of(type, known, sizeof known / sizeof *known))
            return false;
        ret->has_profile |= type == reader_tag("iCCP");
        if (type == reader_tag("IEND"))
            return !size && !reader_left(&r);
    }
}

/* ---- WebP ---- */

enum { RIFF_SIZE = 4, WEBP_HEAD = 12 };

static bool is_bare_webp(struct reader r, struct sniff_bare *ret)
{
    static const char known[][5] = {"VP8 ", "VP8L", "VP8X", "ALPH", "ICCP"};
    struct reader head = r;
    reader_skip(&head, RIFF_SIZE);
    if ((uint64_t)reader_le(&head, 4) + RIFF_SIZE + 4 != reader_left(&r))
        return false;
    reader_skip(&r, WEBP_HEAD);
    for (unsigned pictures = 0;;) {
        if (!reader_left(&r))
            return pictures == 1;
        uint32_t type = reader_be(&r, 4);
        uint32_t size = reader_le(&r, 4);
        reader_skip(&r, (uint64_t)size + (size & 1));
        if (r.ended || !is_one_of(type, known, sizeof known / sizeof *known))
            return false;
        ret->has_profile |= type == reader_tag("ICCP");
        pictures += type == reader_tag("VP8 ") || type == reader_tag("VP8L");
    }
}

bool sniff_bare(const uint8_t *body, size_t len, enum image_format format, struct sniff_bare *ret)
{
    struct image_info info;
    char ignored[IMAGE_MESSAGE_SIZE];
    struct reader r = reader_of(body, len);
    if (image_sniff(body, len, &info, ignored) || info.format != format || info.orientation != 1 ||
        info.truncated)
        return false;
    *ret = (struct sniff_bare){info.width, info.height, false};
    switch (format) {
    case IMAGE_JPEG:
        return is_bare_jpeg(r, ret);
    case IMAGE_PNG:
        return is_bare_png(r, ret);
    case IMAGE_WEBP:
        return is_bare_webp(r, ret);
    default:
        return false;
    }
}
