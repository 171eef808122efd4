/*
 * Recognises what a body is. (Thumbnails are made of it in thumbmake.h.)
 *
 * Untrusted bytes are parsed in two places:
 *   image_sniff()  runs in the main process, on every body. It is our own, reads
 *                  headers only, in bounded steps, and never allocates.
 *   thumbmake()    (thumbmake.h) runs in a worker of the process pool, where a
 *                  crash costs one image.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Each format, its name and extension (as the calls below give them), its title for people, and
 * what reads its header (sniff.h). */
#define IMAGE_FORMATS(F)                                                                           \
    F(IMAGE_UNKNOWN, NULL, "bin", "unknown", NULL)                                                 \
    F(IMAGE_JPEG, "jpeg", "jpg", "JPEG", sniff_jpeg)                                               \
    F(IMAGE_PNG, "png", "png", "PNG", sniff_png)                                                   \
    F(IMAGE_GIF, "gif", "gif", "GIF", sniff_gif)                                                   \
    F(IMAGE_WEBP, "webp", "webp", "WebP", sniff_webp)                                              \
    F(IMAGE_BMP, "bmp", "bmp", "BMP", sniff_bmp)                                                   \
    F(IMAGE_ICO, "ico", "ico", "ICO", sniff_ico)                                                   \
    F(IMAGE_CUR, "cur", "cur", "Windows cursor", sniff_ico)                                        \
    F(IMAGE_AVIF, "avif", "avif", "AVIF", sniff_avif)                                              \
    F(IMAGE_JXL, "jxl", "jxl", "JPEG XL", sniff_jxl)                                               \
    /* recognised so that the message can name them; never supported */                            \
    F(IMAGE_TIFF, "tiff", "tif", "TIFF", NULL)                                                     \
    F(IMAGE_HEIC, "heic", "heic", "HEIC", NULL)                                                    \
    F(IMAGE_JP2, "jp2", "jp2", "JPEG 2000", NULL)                                                  \
    F(IMAGE_SVG, "svg", "svg", "SVG", NULL)                                                        \
    F(IMAGE_PSD, "psd", "psd", "Photoshop", NULL)                                                  \
    F(IMAGE_RAW, "raw", "raw", "Camera raw", NULL)                                                 \
    F(IMAGE_CGBI, "cgbi", "png", "Apple iPhone PNG", NULL)                                         \
    F(IMAGE_JXR, "jxr", "jxr", "JPEG XR", NULL)                                                    \
    F(IMAGE_TGA, "tga", "tga", "TGA", NULL)                                                        \
    F(IMAGE_PCX, "pcx", "pcx", "PCX", NULL)                                                        \
    F(IMAGE_EMF, "emf", "emf", "Windows metafile", NULL)                                           \
    F(IMAGE_NETPBM, "pnm", "pnm", "Netpbm", NULL)                                                  \
    F(IMAGE_EXR, "exr", "exr", "OpenEXR", NULL)                                                    \
    F(IMAGE_HDR, "hdr", "hdr", "Radiance HDR", NULL)                                               \
    F(IMAGE_QOI, "qoi", "qoi", "QOI", NULL)                                                        \
    F(IMAGE_DDS, "dds", "dds", "DirectDraw", NULL)                                                 \
    F(IMAGE_ICNS, "icns", "icns", "Apple icon", NULL)                                              \
    F(IMAGE_XCF, "xcf", "xcf", "GIMP", NULL)                                                       \
    F(IMAGE_BPG, "bpg", "bpg", "BPG", NULL)                                                        \
    F(IMAGE_FLIF, "flif", "flif", "FLIF", NULL)                                                    \
    F(IMAGE_FARBFELD, "farbfeld", "ff", "farbfeld", NULL)                                          \
    F(IMAGE_MNG, "mng", "mng", "MNG", NULL)

#define IMAGE_FORMAT(id, ...) id,
enum image_format { IMAGE_FORMATS(IMAGE_FORMAT) IMAGE_FORMAT_COUNT };
#undef IMAGE_FORMAT

/* "jpeg", "png", ...: the manifest's `format`. Static text; NULL for IMAGE_UNKNOWN. */
const char *image_format_name(enum image_format);

/* The format of that name; IMAGE_UNKNOWN: none of them, or NULL. */
enum image_format image_format_named(const char *name);

/* "jpg", "png", ...: the file's extension, without a dot. Static text; "bin" for IMAGE_UNKNOWN. */
const char *image_format_extension(enum image_format);

/* An EXIF block in a body, from its "II" or "MM" on; borrowed. tiff NULL: none. */
struct image_exif {
    const uint8_t *tiff;
    size_t len;
};

struct image_info {
    enum image_format format;
    uint32_t width, height; /* as shown: after orientation */
    uint8_t orientation;    /* EXIF 1..8; 1 if the image has none */
    bool truncated;         /* the body ends before the image does */
    struct image_exif exif; /* the first block of a JPEG, PNG or WebP */
};

enum { IMAGE_MESSAGE_SIZE = 120 };

/* Writes an error's message for people, cut to IMAGE_MESSAGE_SIZE. Its value is the code. A macro,
 * so that analysers see that no error is ERR_OK. */
#define image_fail(message, err, ...) (snprintf(message, IMAGE_MESSAGE_SIZE, __VA_ARGS__), (err))

/*
 * Recognises a whole body by its content and reads its header. ERR_OK: ret is filled, width and
 * height are at least 1. ERR_NOT_AN_IMAGE: HTML, XML, JSON, other text, or nothing at all.
 * ERR_UNSUPPORTED_FORMAT: anything else; ret->format is set if it is a known image format.
 * ERR_DECODE_ERROR: a supported format whose header is broken or missing; ret->format is set. On an
 * error `message` is filled with a short text for people. Time is linear in len with a small
 * constant (it looks for the image's end); reads nothing outside the len bytes. Any thread.
 */
enum err image_sniff(
    const uint8_t *body, size_t len, struct image_info *ret, char message[IMAGE_MESSAGE_SIZE]);

struct image_limits {
    uint64_t max_pixels; /* 0: none */
    uint32_t min_side;   /* 0: none */
    double max_aspect;   /* longest side / shortest; 0: none */
    uint64_t
        max_memory;   /* bytes that a decoder may take for one image; 0: any. Not image_check()'s */
    uint64_t formats; /* a set: a bit for each enum image_format; 0: all. image_is_wanted()'s */
};

/* ERR_OK, or ERR_UNWANTED_FORMAT (with message): a known format that the limits exclude. */
enum err image_is_wanted(
    enum image_format, const struct image_limits *, char message[IMAGE_MESSAGE_SIZE]);

/* ERR_OK, ERR_IMAGE_TOO_LARGE, ERR_IMAGE_TOO_SMALL or ERR_ASPECT_RATIO (with message). */
enum err image_check(
    const struct image_info *, const struct image_limits *, char message[IMAGE_MESSAGE_SIZE]);

#endif
