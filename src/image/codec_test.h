/* For the tests of decoders: one file, decoded at full size or at a wish. */
#ifndef IMAGE_CODEC_TEST_H
#define IMAGE_CODEC_TEST_H

#include "base/test.h"
#include "image/codec.h"
#include "image/test_bodies.h"

static struct picture picture;
static bool truncated;
static char message[IMAGE_MESSAGE_SIZE];
static struct image_limits limits = {.max_pixels = 1 << 20};

/* Decodes a copy of exactly that size, so that a sanitizer detects reads out of bounds. The
 * result is in `picture`, until the next call. */
static inline enum err decode_at(
    const struct codec_decoder *decoder, const void *bytes, size_t len, struct codec_wish wish)
{
    struct image_info info;
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, bytes, len);
    picture_fini(&picture);
    truncated = false;
    enum err err = image_sniff(copy, len, &info, message);
    const struct codec_input in = {copy, len, &info, &wish, &limits, message};
    if (!err)
        err = decoder->decode(&in, &picture, &truncated);
    free(copy);
    return err;
}

static inline enum err decode(const struct codec_decoder *decoder, const void *bytes, size_t len)
{
    return decode_at(
        decoder, bytes, len, (struct codec_wish){.width = UINT32_MAX, .height = UINT32_MAX});
}

static inline void check_pixel(uint32_t x, uint32_t y, const char *want)
{
    const struct pixels *p = picture.planes;
    const uint8_t *got = pixels_row(p, y) + (size_t)x * p->channels;
    for (unsigned c = 0; c < p->channels; c++)
        ck_assert_msg(got[c] == (uint8_t)want[c], "at %u,%u channel %u: %d", x, y, c, got[c]);
}

#endif
