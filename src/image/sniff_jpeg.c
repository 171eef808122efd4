#include "image/exif.h"
#include "image/reader.h"
#include "image/sniff.h"

/* ITU-T T.81, table B.1 */
enum {
    TEM = 0x01,
    SOF0 = 0xC0,
    DHT = 0xC4,
    JPG = 0xC8,
    DAC = 0xCC,
    SOF15 = 0xCF,
    RST0 = 0xD0,
    RST7 = 0xD7,
    SOI = 0xD8,
    EOI = 0xD9,
    SOS = 0xDA,
    DQT = 0xDB,
    DNL = 0xDC,
    DRI = 0xDD,
    APP0 = 0xE0,
    APP1 = 0xE1,
    APP15 = 0xEF,
    COM = 0xFE,
};

static bool is_frame(int marker)
{
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

/* Returns the code of the next marker; skips fill bytes and garbage, like libjpeg. -1: none. */
static int next_marker(struct reader *r)
{
    for (;;) {
        const uint8_t *mark = memchr(r->at, 0xFF, reader_left(r));
        if (!mark) {
            r->at = r->end;
            return -1;
        }
        r->at = mark + 1;
        while (reader_left(r) && *r->at == 0xFF)
            r->at++;
        if (!reader_left(r))
            return -1;
        if (*r->at++ != 0x00) /* FF 00 is a data byte */
            return r->at[-1];
    }
}

/* True if a marker between two scans has a body. Reserved codes count as damaged data, which is
 * more likely than a segment. */
static bool has_segment(int marker)
{
    return (marker >= SOF0 && marker <= SOF15) || marker == SOS || marker == DQT || marker == DNL ||
           marker == DRI || (marker >= APP0 && marker <= APP15) || marker == COM;
}

/* True if the end of the image follows the start of a scan. Other scans and tables may come
 * before it, and their bodies may contain anything. */
static bool finds_end(struct reader r)
{
    int marker = SOS;
    do {
        if (has_segment(marker)) {
            struct reader length = r;
            uint16_t size = reader_be(&length, 2);
            if (size >= 2)
                reader_skip(&r, size);
        }
        marker = next_marker(&r);
    } while (marker >= 0 && marker != EOI);
    return marker == EOI;
}

static uint8_t app1_orientation(struct reader segment, struct image_exif *exif)
{
    static const char head[] = "Exif";
    if (!reader_sees(&segment, head, sizeof head))
        return 0;
    reader_skip(&segment, sizeof head + 1); /* and a byte of padding, usually NUL */
    if (!exif->tiff && reader_left(&segment))
        *exif = (struct image_exif){segment.at, reader_left(&segment)};
    return exif_orientation(segment.at, reader_left(&segment));
}

/* Reads up to the first scan. `scan`: it exists, and `r` is after its marker. */
static const char *read_frame_header(struct reader *r, struct image_info *ret, bool *scan)
{
    bool frame_seen = false;
    bool oriented = false;
    int marker;

    reader_skip(r, 2); /* SOI */
    while ((marker = next_marker(r)) >= 0 && marker != EOI && marker != SOS) {
        if (marker == TEM || marker == SOI || (marker >= RST0 && marker <= RST7))
            continue;
        uint16_t size = reader_be(r, 2);
        /* Below 2 is impossible, and libjpeg looks for the next marker there. */
        struct reader segment = reader_part(r, size < 2 ? 0 : size - 2);
        if (is_frame(marker) && !frame_seen) {
            reader_skip(&segment, 1); /* bits per sample */
            ret->height = reader_be(&segment, 2);
            ret->width = reader_be(&segment, 2);
            if (segment.ended)
                break;
            frame_seen = true;
        } else if (marker == APP1 && !oriented) {
            uint8_t orientation = app1_orientation(segment, &ret->exif);
            if (orientation) {
                ret->orientation = orientation;
                oriented = true;
            }
        }
    }
    *scan = marker == SOS;
    return frame_seen ? NULL : "a JPEG without a frame header";
}

const char *sniff_jpeg(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct reader r = reader_of(body, len);
    bool scan;
    const char *trouble = read_frame_header(&r, ret, &scan);
    if (!trouble)
        ret->truncated = !scan || !finds_end(r);
    return trouble;
}

bool sniff_jpeg_has_scan(const uint8_t *body, size_t len)
{
    struct reader r = reader_of(body, len);
    struct image_info ignored = {0};
    bool scan;
    if (read_frame_header(&r, &ignored, &scan) || !scan)
        return false;
    struct reader length = r;
    reader_skip(&r, reader_be(&length, 2));
    return reader_left(&r) > 0;
}
