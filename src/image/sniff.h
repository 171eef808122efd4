/*
 * The parts of image_sniff(): one header reader for each format.
 *
 * A reader gets a body that begins with its format's magic bytes, and an info with the format set,
 * orientation 1 and all else zero. It sets width and height as stored (0 if the file says so),
 * orientation and truncated. It returns NULL, or what is broken: static text ("a GIF without a
 * picture"). No reader allocates, recurses, or reads outside the body; every loop makes progress.
 */
#ifndef IMAGE_SNIFF_H
#define IMAGE_SNIFF_H

#include "image/image.h"

const char *sniff_jpeg(const uint8_t *body, size_t len, struct image_info *ret);
const char *sniff_png(const uint8_t *body, size_t len, struct image_info *ret);
const char *sniff_gif(const uint8_t *body, size_t len, struct image_info *ret);
const char *sniff_webp(const uint8_t *body, size_t len, struct image_info *ret);
const char *sniff_bmp(const uint8_t *body, size_t len, struct image_info *ret);
const char *sniff_ico(const uint8_t *body, size_t len, struct image_info *ret);
const char *sniff_avif(const uint8_t *body, size_t len, struct image_info *ret);
const char *sniff_jxl(const uint8_t *body, size_t len, struct image_info *ret);

/* A picture inside a file. */
struct sniff_part {
    const uint8_t *body; /* borrowed; a PNG, or a bitmap from its header on */
    size_t len;
    bool is_png;
    struct image_info info; /* the picture's own, not what the file says of it */
};

/* Finds the picture of an icon or cursor that stands for it: the largest; of several, the one with
 * most bits a pixel. An error as from a reader; body is NULL if the picture does not lie in the
 * file. */
const char *sniff_ico_picture(const uint8_t *body, size_t len, struct sniff_part *ret);

/* True if the header is that of a Windows cursor. The first bytes are those of some TGA files, too,
 * so the first entry of the directory has to make sense. */
bool sniff_ico_is_cursor(const uint8_t *body, size_t len);

/* True if a JPEG has some data of its first scan, so that a truncated one still shows something. */
bool sniff_jpeg_has_scan(const uint8_t *body, size_t len);

/*
 * Bodies that can be stored as their own thumbnails (--skip-reencode), so far as their structure
 * says: a whole file with one upright picture of 8 bits a sample, without metadata and without
 * anything after its end.
 *
 * - JPEG: baseline or progressive, coded by Huffman, with no segments but tables, frame, scans and
 *   restart intervals, JFIF without a preview, an Adobe marker, and a profile.
 * - PNG: no chunks but IHDR, PLTE, tRNS, IDAT and IEND, what describes colours and density (sRGB,
 *   gAMA, cHRM, cICP, iCCP, sBIT, pHYs). All checksums are right.
 * - WebP: one picture, perhaps with alpha and a profile.
 *
 * Colours and damage inside the picture are the decoder's to judge. False: it is not such a file,
 * or not of that format.
 */
struct sniff_bare {
    uint32_t width, height;
    bool has_profile; /* ICC */
};
bool sniff_bare(const uint8_t *body, size_t len, enum image_format, struct sniff_bare *ret);

/* True if the header is that of a BMP. BMP's magic is two letters only. */
bool sniff_bmp_is(const uint8_t *body, size_t len);

/* A body with an ISO media `ftyp` box in front: IMAGE_AVIF, IMAGE_HEIC, IMAGE_RAW (Canon's CR3), or
 * IMAGE_UNKNOWN. */
enum image_format sniff_avif_brand(const uint8_t *body, size_t len);

/* Reduces a size by a `clap` property's eight numbers, where it is one that counts. */
enum { SNIFF_AVIF_CLAP = 8 };
void sniff_avif_crop(const uint32_t clap[SNIFF_AVIF_CLAP], uint32_t *width, uint32_t *height);

/* Of files that libavif before 1.0 decodes, but to a wrong picture. */
enum sniff_avif_trap {
    SNIFF_AVIF_NO_TRAP,
    SNIFF_AVIF_GRID_ALPHA, /* a grid of colour with an alpha that is no grid: alpha is lost */
    SNIFF_AVIF_NOT_ALPHA,  /* a track of something else, as depth, is taken for alpha */
};
enum sniff_avif_trap sniff_avif_trap(const uint8_t *body, size_t len);
/* The first EXIF block that is said to be there; tiff NULL: none. */
struct image_exif sniff_avif_exif(const uint8_t *body, size_t len);
/* Changes a body in place: its tracks become free space, so that only the still picture is left. */
void sniff_avif_hide_tracks(uint8_t *body, size_t len);

/* Formats without magic bytes, by a header that makes sense as a whole: IMAGE_NETPBM, IMAGE_PCX,
 * IMAGE_TGA or IMAGE_UNKNOWN. */
enum image_format sniff_unmarked(const uint8_t *body, size_t len);

/* Classifies a body without an image's magic bytes: IMAGE_SVG, also in UTF-16 or compressed by
 * gzip, or IMAGE_UNKNOWN. For the latter, `ret` is a name for people ("an HTML page"; static text),
 * and ret_is_text tells whether it is text. */
enum image_format sniff_other(const uint8_t *body, size_t len, const char **ret, bool *ret_is_text);

/* "JPEG", "JPEG XL": the format's name for people. Static text; never NULL. */
const char *image_format_title(enum image_format);

#endif
