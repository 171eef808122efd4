#include "image/thumbmake.h"
#include "base/fuzz.h"
#include "base/mem.h"
#include "input/boxes.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_SIZE = 1 << 20, SIDE = 48 };

static struct thumbmake_conf conf = {
    .specs = {{.width = SIDE, .height = SIDE, .mode = THUMB_FIT},
        {.width = SIDE, .height = SIDE / 2, .mode = THUMB_COVER},
        {.width = SIDE, .height = SIDE, .mode = THUMB_PAD}},
    .n_specs = 3,
    .format = THUMB_JPG,
    .quality = 85,
    .skip_reencode = true,
    .phash = true,
    .background = {255, 255, 255},
    .limits = {.max_pixels = 1 << 20}, /* small enough for many inputs a second */
};

/* Every other body has a box, which its last bytes choose. */
static void make(const uint8_t *data, size_t len, uint8_t *out, struct thumbmake_reply *reply)
{
    conf.blur = len >= 4 && len % 2;
    uint8_t *in = mem_array(len + BOXES_SIZE_MAX, 1);
    struct boxes *b = mem_new(sizeof *b + sizeof *b->at);
    size_t more = 0;
    if (len)
        memcpy(in, data, len);
    if (conf.blur) {
        const uint8_t *last = data + len - 4;
        b->n = 1;
        b->at[0] = (struct boxes_box){last[0] / 510.0, last[1] / 510.0, (last[0] + last[2]) / 510.0,
            (last[1] + last[3]) / 510.0};
        more = boxes_write(b, in + len);
    }
    thumbmake(&conf, in, len + more, out, OUT_SIZE, reply);
    free(in);
    free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t out[OUT_SIZE];
    struct thumbmake_reply reply;
    size_t used = 0;
    make(data, len, out, &reply);
    fuzz_expect(memchr(reply.message, '\0', sizeof reply.message) != NULL);
    if (reply.err) {
        fuzz_expect(err_is_resize((enum err)reply.err) && reply.n_thumbs == 0);
        return 0;
    }
    fuzz_expect(reply.n_thumbs == conf.n_specs && reply.has_phash == 1);
    for (unsigned i = 0; i < reply.n_thumbs; used += reply.thumbs[i++].size) {
        const struct thumbmake_thumb *t = &reply.thumbs[i];
        fuzz_expect(t->offset == used && t->size <= sizeof out - used);
        if (t->is_body)
            fuzz_expect(!t->size && thumbmake_may_keep(data, len, IMAGE_JPEG, t->width, t->height));
        else
            fuzz_expect(t->size > 0);
        fuzz_expect(t->width >= 1 && t->width <= SIDE && t->height >= 1 && t->height <= SIDE);
    }
    return 0;
}
