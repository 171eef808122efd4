#include "image/exif.h"
#include "image/reader.h"
#include "image/sniff.h"

enum { SIGNATURE_SIZE = 8, IHDR_SIZE = 13, CRC_SIZE = 4, MAX_NUMBER = 0x7FFFFFFF };

static bool is_letter(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_chunk_type(uint32_t type)
{
    return is_letter(type >> 24) && is_letter(type >> 16 & 0xFF) && is_letter(type >> 8 & 0xFF) &&
           is_letter(type & 0xFF);
}

const char *sniff_png(const uint8_t *body, size_t len, struct image_info *ret)
{
    struct reader r = reader_of(body, len);
    reader_skip(&r, SIGNATURE_SIZE);
    uint32_t size = reader_be(&r, 4);
    uint32_t type = reader_be(&r, 4);
    ret->width = reader_be(&r, 4);
    ret->height = reader_be(&r, 4);
    if (r.ended || type != reader_tag("IHDR") || size != IHDR_SIZE)
        return "a PNG that does not begin with its header";
    if (ret->width > MAX_NUMBER || ret->height > MAX_NUMBER)
        return "a PNG with an impossible size";
    reader_skip(&r, IHDR_SIZE - 2 * sizeof(uint32_t) + CRC_SIZE);

    bool oriented = false;
    for (;;) {
        size = reader_be(&r, 4);
        type = reader_be(&r, 4);
        if (r.ended)
            break;
        if (type == reader_tag("IEND"))
            return NULL;
        if (!is_chunk_type(type))
            return NULL; /* no chunk, so no way to find the next: the decoder shall judge */
        struct reader chunk = reader_part(&r, size);
        if (type == reader_tag("eXIf") && !oriented) {
            if (!ret->exif.tiff && reader_left(&chunk))
                ret->exif = (struct image_exif){chunk.at, reader_left(&chunk)};
            uint8_t orientation = exif_orientation(chunk.at, reader_left(&chunk));
            if (orientation) {
                ret->orientation = orientation;
                oriented = true;
            }
        }
        reader_skip(&r, CRC_SIZE);
    }
    ret->truncated = true;
    return NULL;
}
