/*
 * Who reads and writes which format. A codec is a constant; codec.c holds the
 * table of those that are built in, the best for each format first.
 *
 * A decoder sees foreign bytes and may have bugs: it runs in a pool worker only.
 */
#ifndef IMAGE_CODEC_H
#define IMAGE_CODEC_H

#include "image/image.h"
#include "image/pixels.h"
#include "image/thumbmake.h"

struct codec_decoder {
    const char *name;
    unsigned formats; /* bits: 1 << IMAGE_JPEG, ... */
    /*
     * Decodes the first picture as stored (not turned upright) into `ret`, owned by the caller
     * then. `info` is what image_sniff() found. The size is the decoder's own and
     * is checked against the limits before memory is asked for.
     * ERR_DECODE_ERROR, ERR_DECODE_MEMORY, ERR_UNSUPPORTED_FORMAT (a rare kind of the
     * format) or what image_check() says, with message.
     */
    enum err (*decode)(const uint8_t *body, size_t len, const struct image_info *info,
        const struct image_limits *, struct pixels *ret, char message[IMAGE_MESSAGE_SIZE]);
};

/* A file being written into memory of a fixed size. */
struct codec_output {
    uint8_t *data;
    size_t size, used;
    bool full; /* something did not fit */
};

/* Keeps nothing of what does not fit as a whole, nor of what comes after. */
void codec_output_add(struct codec_output *, const void *bytes, size_t len);

struct codec_encoder {
    const char *name;
    enum thumb_format format;
    bool alpha; /* takes 2 and 4 channels */
    /* Appends one file. quality is 1..100, for what is lossy.
     * ERR_DECODE_MEMORY (out->full among others) or ERR_IMAGE_TOO_LARGE, with message. */
    enum err (*encode)(const struct pixels *, int quality, struct codec_output *out,
        char message[IMAGE_MESSAGE_SIZE]);
};

extern const struct codec_decoder codec_stb;
extern const struct codec_encoder codec_stb_write_jpg, codec_stb_write_png;

/* NULL: this build cannot decode it. */
const struct codec_decoder *codec_decoder_for(enum image_format);
const struct codec_encoder *codec_encoder_for(enum thumb_format);

#endif
