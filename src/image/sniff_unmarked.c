#include "image/reader.h"
#include "image/sniff.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* PBM, PGM, PPM, PAM and PFM (netpbm.sourceforge.net/doc). */
static bool is_netpbm(const struct reader *r)
{
    return reader_left(r) > 3 && r->at[0] == 'P' && r->at[1] && strchr("1234567Ff", r->at[1]) &&
           is_space(r->at[2]) &&
           (r->at[3] == '#' || (r->at[3] >= '0' && r->at[3] <= '9') ||
               reader_sees(r, "P7\nWIDTH", 8));
}

/* ZSoft's PCX File Format Technical Reference Manual: a header of 128 bytes. */
static bool is_pcx(struct reader r)
{
    enum { HEADER_SIZE = 128, MANUFACTURER = 10, VERSION_MAX = 5, PLANES_MAX = 4 };
    if (reader_left(&r) < HEADER_SIZE || reader_u8(&r) != MANUFACTURER)
        return false;
    uint8_t version = reader_u8(&r), run_lengths = reader_u8(&r), bits = reader_u8(&r);
    uint32_t left = reader_le(&r, 2), top = reader_le(&r, 2);
    uint32_t right = reader_le(&r, 2), bottom = reader_le(&r, 2);
    reader_skip(&r, 4 + 48); /* resolution, colours */
    uint8_t reserved = reader_u8(&r), planes = reader_u8(&r);
    return version <= VERSION_MAX && version != 1 && run_lengths <= 1 &&
           (bits == 1 || bits == 2 || bits == 4 || bits == 8) && left <= right && top <= bottom &&
           !reserved && planes >= 1 && planes <= PLANES_MAX;
}

/* Truevision TGA File Format Specification 2.0: a header of 18 bytes; newer files end with a
 * signature. */
static bool is_tga(struct reader r)
{
    enum { HEADER_SIZE = 18, TRUE_COLOUR = 2, GREY = 3, PACKED = 8 };
    static const char signature[] = "TRUEVISION-XFILE.";
    if (reader_left(&r) < HEADER_SIZE)
        return false;
    if (reader_left(&r) >= sizeof signature &&
        !memcmp(r.end - sizeof signature, signature, sizeof signature))
        return true;
    reader_skip(&r, 1); /* length of a text */
    uint8_t mapped = reader_u8(&r), type = reader_u8(&r);
    uint32_t map_first = reader_le(&r, 2), map_len = reader_le(&r, 2);
    uint8_t map_bits = reader_u8(&r);
    reader_skip(&r, 4); /* origin */
    uint32_t width = reader_le(&r, 2), height = reader_le(&r, 2);
    uint8_t bits = reader_u8(&r), flags = reader_u8(&r);
    uint8_t kind = type & ~PACKED;
    bool unmapped = !mapped && !map_first && !map_len && !map_bits;
    bool has_map = mapped == 1 && map_len && (map_bits == 16 || map_bits == 24 || map_bits == 32);
    bool deep = bits == 16 || bits == 24 || bits == 32;
    return width && height && !(flags & 0xC0) &&
           ((kind == 1 && has_map && bits == 8) || (kind == TRUE_COLOUR && unmapped && deep) ||
               (kind == GREY && unmapped && bits == 8));
}

enum image_format sniff_unmarked(const uint8_t *body, size_t len)
{
    struct reader r = reader_of(body, len);
    return is_netpbm(&r) ? IMAGE_NETPBM
           : is_pcx(r)   ? IMAGE_PCX
           : is_tga(r)   ? IMAGE_TGA
                         : IMAGE_UNKNOWN;
}
