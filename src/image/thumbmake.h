/*
 * From a body to its thumbnails: decode once, resize for each spec, encode.
 * A pure computation: no files, no network, no globals changed after
 * thumbmake_warm_up(). Runs in a pool worker; the caller owns all memory.
 */
#ifndef IMAGE_THUMBMAKE_H
#define IMAGE_THUMBMAKE_H

#include "image/image.h"
#include "image/resize.h"
#include "image/thumbspec.h"

enum { THUMBMAKE_MAX_SPECS = 16 };

enum thumb_format { THUMB_JPG, THUMB_PNG, THUMB_WEBP, THUMB_FORMAT_COUNT };

struct thumbmake_conf {
    struct thumbspec specs[THUMBMAKE_MAX_SPECS];
    unsigned n_specs;
    enum resize_filter filter;
    enum thumb_format format;
    int quality;           /* 1..100, for JPEG and WebP */
    bool progressive;      /* for JPEG */
    uint8_t background[3]; /* R, G, B under transparent pixels and around padded ones */
    bool upscale;
    struct image_limits limits; /* checked again on what the decoder sees */
};

struct thumbmake_thumb {
    uint32_t width, height;
    uint32_t offset, size; /* of its file, in bytes from the start of `out` */
};

/* What happened. Plain data: it crosses a process border, and who reads it on
 * the other side takes no field on trust. */
struct thumbmake_reply {
    int32_t err; /* enum err: ERR_OK, or a code from not_an_image to aspect_ratio */
    uint32_t n_thumbs;
    uint32_t truncated; /* 1: the decoder ran out of bytes, the rest is filled in */
    char message[IMAGE_MESSAGE_SIZE];
    struct thumbmake_thumb thumbs[THUMBMAKE_MAX_SPECS];
};

/*
 * Makes all thumbnails of `body`. The files go one after another into
 * out[0..out_size); what does not fit is ERR_DECODE_MEMORY.
 * All of them are made, or none (reply->n_thumbs is then 0).
 */
void thumbmake(const struct thumbmake_conf *, const uint8_t *body, size_t len, uint8_t *out,
    size_t out_size, struct thumbmake_reply *reply);

/* Loads the libraries that are loaded by those who decode only. Before processes are forked that
 * shall have them. */
void thumbmake_load(void);

/* Runs every codec once on a built-in picture, so that tables are made and
 * lazy loading is over before a sandbox closes. */
void thumbmake_warm_up(void);

#endif
