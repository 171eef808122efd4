/*
 * Who reads and writes which format. A codec is a constant; codec.c holds the
 * table of those that are built in, the best for each format first.
 *
 * A decoder sees foreign bytes and may have bugs: it runs in a pool worker only.
 */
#ifndef IMAGE_CODEC_H
#define IMAGE_CODEC_H

#include "image/image.h"
#include "image/picture.h"
#include "image/thumbmake.h"

/* How large a decoded picture has to be, as stored (not turned upright). The decoder gives any
 * size neither side of which is below the wish (or the full size, where the wish is above it),
 * whichever is fastest. It never enlarges. */
struct codec_wish {
    uint32_t width, height; /* at least 1 */
    bool half_chroma;       /* for Cb and Cr half of that is enough */
};

struct codec_decoder {
    const char *name;
    unsigned formats; /* bits: 1 << IMAGE_JPEG, ... */
    /* Loads libraries that decode() would load at its first call. NULL: nothing to load. */
    void (*load)(void);
    /*
     * Decodes the first picture of the body into `ret`, owned by the caller then. `info` is what
     * image_sniff() found. The size is the decoder's own and is checked against the limits
     * before memory is asked for. ret_truncated: the body ended too early, and the rest of the
     * picture is filled in.
     * ERR_DECODE_ERROR, ERR_DECODE_MEMORY, ERR_UNSUPPORTED_FORMAT (a rare kind of the
     * format) or what image_check() says, with message.
     */
    enum err (*decode)(const uint8_t *body, size_t len, const struct image_info *info,
        const struct codec_wish *, const struct image_limits *, struct picture *ret,
        bool *ret_truncated, char message[IMAGE_MESSAGE_SIZE]);
};

/* A file being written into memory of a fixed size. */
struct codec_output {
    uint8_t *data;
    size_t size, used;
    bool full; /* something did not fit */
};

/* Keeps nothing of what does not fit as a whole, nor of what comes after. */
void codec_output_add(struct codec_output *, const void *bytes, size_t len);

struct codec_encoding {
    int quality;      /* 1..100, for what is lossy */
    bool progressive; /* of JPEG: several scans, the coarse first */
};

struct codec_encoder {
    const char *name;
    enum thumb_format format;
    bool alpha;  /* takes pictures with alpha */
    bool planes; /* takes PICTURE_YCC, with Cb and Cr of half the size of Y, rounded up */
    /* Appends one file of a picture that is grey, RGB, or what is said above; in sRGB.
     * ERR_DECODE_MEMORY (out->full among others) or ERR_IMAGE_TOO_LARGE, with message. */
    enum err (*encode)(const struct picture *, const struct codec_encoding *,
        struct codec_output *out, char message[IMAGE_MESSAGE_SIZE]);
};

/* For decoders. ERR_OK; ERR_IMAGE_TOO_LARGE, where a side is more than any format needs; or
 * what image_check() says. */
enum err codec_check_size(
    uint32_t width, uint32_t height, const struct image_limits *, char message[IMAGE_MESSAGE_SIZE]);

/* For decoders, before they ask for so much memory. ERR_DECODE_MEMORY: the limit is lower. What is
 * small beside the pixels is not counted. */
enum err codec_check_memory(
    uint64_t bytes, const struct image_limits *, char message[IMAGE_MESSAGE_SIZE]);

/* For decoders: whether so little of a picture is there, or can be, that it counts as none. Filling
 * the rest of a large one would take seconds. */
static inline bool codec_is_sliver(uint64_t there, uint64_t whole)
{
    return there < whole / 64;
}

/* Not all of them are in every build. */
extern const struct codec_decoder codec_jpeg, codec_stb, codec_png, codec_webp, codec_gif,
    codec_bmp, codec_ico, codec_avif;
extern const struct codec_encoder codec_jpeg_write, codec_stb_write_png, codec_png_write,
    codec_webp_write;

/* NULL: this build cannot decode it. */
const struct codec_decoder *codec_decoder_for(enum image_format);
const struct codec_encoder *codec_encoder_for(enum thumb_format);

/* Loads what decoders load at first use: before processes are forked, which have it then. */
void codec_load(void);

#endif
