/*
 * Makes the thumbnails of a body: decodes it once, then resizes and encodes for each spec. A pure
 * computation: no files, no network, no globals changed after thumbmake_warm_up(). Runs in a pool
 * worker; the caller owns all memory.
 */
#ifndef IMAGE_THUMBMAKE_H
#define IMAGE_THUMBMAKE_H

#include "image/image.h"
#include "image/resize.h"
#include "image/thumbspec.h"
#include "input/exiftags.h"

enum { THUMBMAKE_MAX_SPECS = 16 };

enum thumb_format { THUMB_JPG, THUMB_PNG, THUMB_WEBP, THUMB_FORMAT_COUNT };

enum thumb_exif { THUMB_EXIF_NONE, THUMB_EXIF_CAMERA, THUMB_EXIF_GPS /* all tags */ };

struct thumbmake_conf {
    struct thumbspec specs[THUMBMAKE_MAX_SPECS];
    unsigned n_specs;
    enum resize_filter filter;
    enum thumb_format format;
    int quality;                /* 1..100, for JPEG and WebP */
    bool progressive;           /* for JPEG */
    uint8_t background[3];      /* R, G, B under transparent pixels and of the padding */
    bool upscale, only_shrink;  /* at most one: enum thumb_scaling */
    bool skip_reencode;         /* a body that would not change is its own thumbnail */
    bool blur;                  /* the body is followed by boxes (boxes_write()) to be blurred */
    enum thumb_exif exif;       /* the tags to be read */
    bool phash;                 /* compute the hash of the first thumbnail */
    struct image_limits limits; /* checked again on the size that the decoder reads */
};

struct thumbmake_thumb {
    uint32_t width, height;
    uint32_t offset, size; /* of its file, in bytes from the start of `out` */
    uint32_t is_body;      /* 1: its file is the body; size is 0 */
};

/* The result. Plain data that crosses a process boundary: the receiver must validate every
 * field. */
struct thumbmake_reply {
    int32_t err; /* enum err: ERR_OK, or a code from not_an_image to aspect_ratio */
    uint32_t n_thumbs;
    uint32_t truncated; /* 1: the body ends early or is damaged; the rest is filled in */
    uint32_t has_phash; /* 1: phash is set */
    uint64_t phash;     /* of the first thumbnail, before it is encoded: phash.h */
    char message[IMAGE_MESSAGE_SIZE];
    struct exiftags exif; /* none after an error, and those only that were to be read */
    struct thumbmake_thumb thumbs[THUMBMAKE_MAX_SPECS];
};

/* The format of bodies that can be thumbnails of that format. */
enum image_format thumbmake_body_format(enum thumb_format);

/* True if a body of the wanted format may be a thumbnail of that size: sniff.h. The decoder also
 * has to find it whole, and its colours to be sRGB. For the receiver of a reply with is_body. */
bool thumbmake_may_keep(
    const uint8_t *body, size_t len, enum image_format wanted, uint32_t width, uint32_t height);

/*
 * Reads tags of `body` and makes all its thumbnails; without specs it is not decoded. The files,
 * but for those that are the body, are written one after another to out[0..out_size); if they do
 * not fit, that is ERR_DECODE_MEMORY. On an error no thumbnail is made (reply->n_thumbs is 0).
 */
void thumbmake(const struct thumbmake_conf *, const uint8_t *body, size_t len, uint8_t *out,
    size_t out_size, struct thumbmake_reply *reply);

/* Loads the libraries that decoders load on demand. Call it before forking, so that the children
 * have them. */
void thumbmake_load(void);

/* Runs every codec once on a built-in picture, so that tables are built and lazy loading is done
 * before the sandbox starts. */
void thumbmake_warm_up(void);

#endif
