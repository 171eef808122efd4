#include "image/thumbmake.h"
#include "base/fuzz.h"

#include <string.h>

enum { OUT_SIZE = 1 << 20, SIDE = 48 };

static const struct thumbmake_conf conf = {
    .specs = {{.width = SIDE, .height = SIDE, .mode = THUMB_FIT},
        {.width = SIDE, .height = SIDE / 2, .mode = THUMB_COVER},
        {.width = SIDE, .height = SIDE, .mode = THUMB_PAD}},
    .n_specs = 3,
    .format = THUMB_JPG,
    .quality = 85,
    .background = {255, 255, 255},
    .limits = {.max_pixels = 1 << 20}, /* small enough for many inputs a second */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t out[OUT_SIZE];
    struct thumbmake_reply reply;
    size_t used = 0;
    thumbmake(&conf, data, len, out, sizeof out, &reply);
    fuzz_expect(memchr(reply.message, '\0', sizeof reply.message) != NULL);
    if (reply.err) {
        fuzz_expect(err_is_resize((enum err)reply.err) && reply.n_thumbs == 0);
        return 0;
    }
    fuzz_expect(reply.n_thumbs == conf.n_specs);
    for (unsigned i = 0; i < reply.n_thumbs; used += reply.thumbs[i++].size) {
        const struct thumbmake_thumb *t = &reply.thumbs[i];
        fuzz_expect(t->offset == used && t->size > 0 && t->size <= sizeof out - used);
        fuzz_expect(t->width >= 1 && t->width <= SIDE && t->height >= 1 && t->height <= SIDE);
    }
    return 0;
}
