/*
 * The codecs: the decoder and the encoder of each format. A codec is a constant; codec.c has the
 * table of the built-in ones, the best of each format first.
 *
 * A decoder parses untrusted bytes and may have bugs: it runs only in a worker of the process pool.
 */
#ifndef IMAGE_CODEC_H
#define IMAGE_CODEC_H

#include "image/image.h"
#include "image/picture.h"
#include "image/thumbmake.h"

/* The minimum size of the decoded picture, as stored (not turned upright). The decoder chooses
 * the fastest size with no side below the wish, or the full size if the wish is larger. It never
 * enlarges. */
struct codec_wish {
    uint32_t width, height; /* at least 1 */
    bool half_chroma;       /* half of that is enough for Cb and Cr */
};

/* What a decoder gets, all of it borrowed. */
struct codec_input {
    const uint8_t *body;
    size_t len;
    const struct image_info *info; /* the result of image_sniff() */
    const struct codec_wish *wish;
    const struct image_limits *limits;
    char *message; /* of IMAGE_MESSAGE_SIZE, for an error */
};

struct codec_decoder {
    const char *name;
    unsigned formats; /* bits: 1 << IMAGE_JPEG, ... */
    /* Loads libraries that decode() would load at its first call. NULL: nothing to load. */
    void (*load)(void);
    /*
     * Decodes the first picture of the body into `ret`, which the caller owns then. The decoder
     * reads the size itself and checks it against the limits before it allocates. ret_truncated:
     * the body ended too early or is damaged, and the rest of the picture is filled in. Less than
     * 5 % of it is an error (codec_is_sliver()). ERR_DECODE_ERROR,
     * ERR_DECODE_MEMORY, ERR_UNSUPPORTED_FORMAT (a rare variant of the format) or an error of
     * image_check(), with message.
     */
    enum err (*decode)(const struct codec_input *, struct picture *ret, bool *ret_truncated);
};

/* A file being written into memory of a fixed size. */
struct codec_output {
    uint8_t *data;
    size_t size, used;
    bool full; /* something did not fit */
};

/* Appends the bytes. If they do not all fit, it drops them and everything later. */
void codec_output_add(struct codec_output *, const void *bytes, size_t len);

/* For encoders that failed: writes the message, which is `why` unless the output is full. Returns
 * ERR_DECODE_MEMORY. */
enum err codec_output_fail(
    const struct codec_output *, const char *why, char message[IMAGE_MESSAGE_SIZE]);

struct codec_encoding {
    int quality;      /* 1..100, for lossy formats */
    bool progressive; /* for JPEG: several scans, coarse ones first */
};

struct codec_encoder {
    const char *name;
    enum thumb_format format;
    bool alpha;  /* takes pictures with alpha */
    bool planes; /* takes PICTURE_YCC, with Cb and Cr of half the size of Y, rounded up */
    /* Appends one file with a picture that is grey, RGB, or as the flags above allow; in sRGB.
     * ERR_DECODE_MEMORY (also if out->full) or ERR_IMAGE_TOO_LARGE, with message. */
    enum err (*encode)(const struct picture *, const struct codec_encoding *,
        struct codec_output *out, char message[IMAGE_MESSAGE_SIZE]);
};

/* For decoders. ERR_OK; ERR_IMAGE_TOO_LARGE if a side is more than any format needs; or an error
 * of image_check(). */
enum err codec_check_size(const struct codec_input *, uint32_t width, uint32_t height);

/* For decoders, before they allocate that much. ERR_DECODE_MEMORY: above the limit. Small
 * amounts, compared to the pixels, are not counted. */
enum err codec_check_memory(const struct codec_input *, uint64_t bytes);

/* For decoders of damaged pictures: true if less than 5 % is there, in pixels or rows. That is no
 * picture; and filling in the rest of a large one would take seconds. */
static inline bool codec_is_sliver(uint64_t there, uint64_t whole)
{
    return there * 20 < whole;
}

/* Some builds lack some of these. */
extern const struct codec_decoder codec_jpeg, codec_stb, codec_png, codec_webp, codec_gif,
    codec_bmp, codec_ico, codec_avif, codec_jxl;
extern const struct codec_encoder codec_jpeg_write, codec_stb_write_png, codec_png_write,
    codec_webp_write;

/* NULL: this build cannot decode it. */
const struct codec_decoder *codec_decoder_for(enum image_format);
const struct codec_encoder *codec_encoder_for(enum thumb_format);

/* Loads the libraries that decoders load at first use. Call it before forking, so that the
 * children have them. */
void codec_load(void);

#endif
