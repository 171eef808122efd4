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

/* Uses the bytes as the profile of a small picture of every kind. */
static void convert(const uint8_t *data, size_t len, enum picture_model model, bool alpha)
{
    static const unsigned channels[] = {
        [PICTURE_GREY] = 1, [PICTURE_RGB] = 3, [PICTURE_YCC] = 3, [PICTURE_CMYK] = 4};
    struct icc_transform *transform = icc_get(data, len, model, alpha);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
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
