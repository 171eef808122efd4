#include "image/icc.h"
#include "base/fuzz.h"

#include <string.h>

enum {
    SIDE = 4,
    SIGNATURE_AT = 36, /* "acsp": ICC.1:2010, 7.2.11 */
};

/* Finds the profile in the input, so that images with a profile can be inputs. */
static size_t find_profile(const uint8_t *data, size_t len)
{
    const uint8_t *signature = memmem(data, len, "acsp", 4);
    size_t at = signature ? (size_t)(signature - data) : 0;
    return at < SIGNATURE_AT ? 0 : at - SIGNATURE_AT;
}

/* Converts a small picture of that kind. */
static void apply(struct icc_transform *transform, enum picture_model model, bool alpha)
{
    static const unsigned channels[] = {
        [PICTURE_GREY] = 1, [PICTURE_RGB] = 3, [PICTURE_YCC] = 3, [PICTURE_CMYK] = 4};
    struct pixels pixels;
    if (!transform)
        return;
    fuzz_expect(pixels_init(&pixels, SIDE, SIDE, channels[model] + alpha));
    memset(pixels.data, 0x55, (size_t)SIDE * SIDE * pixels.channels);
    if (icc_apply(transform, &pixels)) {
        fuzz_expect(pixels.channels == (model == PICTURE_GREY ? 1U : 3U) + alpha);
        fuzz_expect(pixels.width == SIDE && pixels.height == SIDE);
    }
    pixels_fini(&pixels);
    icc_release(transform);
}

/* Uses the bytes as the profile. */
static void convert(const uint8_t *data, size_t len, enum picture_model model, bool alpha)
{
    apply(icc_get(data, len, model, alpha), model, alpha);
}

/* And as what a file says of its colours. */
static void describe(const uint8_t *data, size_t len)
{
    struct colour c;
    if (len < sizeof c)
        return;
    memcpy(&c, data, sizeof c);
    c.curve %= COLOUR_HLG + 1;
    apply(icc_of_colour(&c, PICTURE_RGB, false), PICTURE_RGB, false);
    apply(icc_of_colour(&c, PICTURE_GREY, true), PICTURE_GREY, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    describe(data, len);
    size_t begin = find_profile(data, len);
    data += begin;
    len -= begin;
    convert(data, len, PICTURE_GREY, false);
    convert(data, len, PICTURE_GREY, true);
    convert(data, len, PICTURE_RGB, false);
    convert(data, len, PICTURE_RGB, true);
    convert(data, len, PICTURE_YCC, false);
    convert(data, len, PICTURE_CMYK, false);
    return 0;
}
