#include "image/codec.h"
#include "base/fuzz.h"

#include <string.h>

/* Small enough for many inputs a second. */
static const struct image_limits limits = {.max_pixels = 1 << 20};

static void expect_sound(const struct picture *p)
{
    fuzz_expect(p->width >= 1 && p->height >= 1);
    for (unsigned i = 0; i < picture_n_planes(p); i++) {
        const struct pixels *plane = &p->planes[i];
        fuzz_expect(plane->data && plane->width >= 1 && plane->height >= 1);
        fuzz_expect(p->extents[i].width > 0 && p->extents[i].width <= plane->width);
        fuzz_expect(p->extents[i].height > 0 && p->extents[i].height <= plane->height);
    }
}

static void decode(const uint8_t *data, size_t len, const struct image_info *info, uint32_t side)
{
    const struct codec_decoder *decoder = codec_decoder_for(info->format);
    struct codec_wish wish = {.width = side, .height = side, .half_chroma = side == 1};
    struct picture picture = {0};
    bool truncated = false;
    char message[IMAGE_MESSAGE_SIZE];
    memset(message, 'x', sizeof message);
    if (!decoder)
        return;
    const struct codec_input in = {data, len, info, &wish, &limits, message};
    enum err err = decoder->decode(&in, &picture, &truncated);
    if (err)
        fuzz_expect(err_is_resize(err) && memchr(message, '\0', sizeof message) != NULL);
    else
        expect_sound(&picture);
    picture_fini(&picture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct image_info info;
    char message[IMAGE_MESSAGE_SIZE];
    if (image_sniff(data, len, &info, message) || image_check(&info, &limits, message))
        return 0;
    decode(data, len, &info, 1);       /* as small as the decoder likes */
    decode(data, len, &info, 1 << 20); /* in full */
    return 0;
}
