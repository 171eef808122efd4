/* From a JPEG to a JPEG: the planes are kept. */
#include "image/codec.h"
#include "image/test_jpeg.h"
#include "image/thumbmake.h"

static char message[IMAGE_MESSAGE_SIZE];

static struct picture planes_of(const void *file, size_t len)
{
    const struct codec_wish full = {UINT32_MAX, UINT32_MAX, false};
    const struct image_limits limits = {0};
    struct image_info info;
    struct picture p = {0};
    bool truncated;
    ck_assert_int_eq(image_sniff(file, len, &info, message), ERR_OK);
    const struct codec_input in = {file, len, &info, &full, &limits, message};
    ck_assert_int_eq(codec_jpeg.decode(&in, &p, &truncated), ERR_OK);
    return p;
}

START_TEST(a_picture_that_keeps_its_size_keeps_its_planes)
{
    static const uint32_t sizes[][2] = {{100, 80}, {101, 75}, {1, 1}};
    static uint8_t out[1 << 20];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pixels p = scenery(sizes[i][0], sizes[i][1], 3);
        struct buf file = jpeg_of(&p, &(struct jpeg_kind){.quality = 100});
        struct thumbmake_conf conf = {.n_specs = 1, .format = THUMB_JPG, .quality = 100};
        struct thumbmake_reply reply;
        ck_assert(thumbspec_parse("256", &conf.specs[0], &(const char *){NULL}));
        thumbmake(&conf, file.data, file.len, out, sizeof out, &reply);
        ck_assert_int_eq(reply.err, ERR_OK);
        struct picture want = planes_of(file.data, file.len);
        struct picture got = planes_of(out, reply.thumbs[0].size);
        for (unsigned plane = 0; plane < PICTURE_PLANES; plane++) {
            const struct pixels *a = &want.planes[plane];
            const struct pixels *b = &got.planes[plane];
            ck_assert(a->width == b->width && a->height == b->height);
            for (size_t k = 0; k < (size_t)a->width * a->height; k++)
                ck_assert_int_le(abs(a->data[k] - b->data[k]), 2);
        }
        picture_fini(&got);
        picture_fini(&want);
        buf_fini(&file);
        pixels_fini(&p);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_picture_that_keeps_its_size_keeps_its_planes);
}

int main(void)
{
    return test_main("thumbmake_jpeg", add);
}
