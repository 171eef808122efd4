#include "image/picture.h"

#include <stdlib.h>
#include <string.h>

struct picture picture_of(struct pixels pixels)
{
    return (struct picture){
        .model = pixels_is_grey(&pixels) ? PICTURE_GREY : PICTURE_RGB,
        .width = pixels.width,
        .height = pixels.height,
        .planes = {pixels},
        .extents = {{.width = pixels.width, .height = pixels.height}},
    };
}

void picture_fini(struct picture *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < PICTURE_PLANES; i++)
        pixels_fini(&p->planes[i]);
    free(p->icc);
    *p = (struct picture){0};
}

void picture_set_icc(struct picture *p, const uint8_t *profile, size_t len)
{
    p->icc = len && len <= PICTURE_ICC_MAX ? malloc(len) : NULL;
    if (!p->icc)
        return;
    memcpy(p->icc, profile, len);
    p->icc_len = len;
}

bool picture_alike(const struct picture *p, unsigned a, unsigned b)
{
    const struct picture_extent *x = &p->extents[a];
    const struct picture_extent *y = &p->extents[b];
    return p->planes[a].width == p->planes[b].width && p->planes[a].height == p->planes[b].height &&
           x->width == y->width && x->height == y->height && x->half_across == y->half_across &&
           x->half_down == y->half_down;
}

struct pixels_box picture_box_in(
    const struct picture *p, unsigned plane, const struct pixels_box *in_image)
{
    double across = p->extents[plane].width / p->width;
    double down = p->extents[plane].height / p->height;
    return (struct pixels_box){in_image->x * across, in_image->y * down, in_image->width * across,
        in_image->height * down};
}

/* ---- colours ---- */

/* The weights of JFIF 1.02, scaled so that samples in 256ths give levels times 2^SHIFT. */
enum {
    SHIFT = 20,
    HALF = 1 << (SHIFT - 1),
    CR_TO_R = 5743,  /* 1.402 */
    CB_TO_G = -1410, /* -0.344136 */
    CR_TO_G = -2925, /* -0.714136 */
    CB_TO_B = 7258,  /* 1.772 */
};

static uint8_t level(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* A fine sample in 256ths of a level. */
static int exact(const struct pixels *fine, size_t i)
{
    return fine->data[2 * i] << 8 | fine->data[2 * i + 1];
}

static void convert_ycc(const struct pixels planes[PICTURE_PLANES], uint8_t *to)
{
    size_t n = (size_t)planes[0].width * planes[0].height;
    for (size_t i = 0; i < n; i++, to += 3) {
        int grey = (exact(&planes[0], i) << (SHIFT - 8)) + HALF;
        int blue = exact(&planes[1], i) - (128 << 8);
        int red = exact(&planes[2], i) - (128 << 8);
        to[0] = level((grey + CR_TO_R * red) >> SHIFT);
        to[1] = level((grey + CB_TO_G * blue + CR_TO_G * red) >> SHIFT);
        to[2] = level((grey + CB_TO_B * blue) >> SHIFT);
    }
}

static void convert_cmyk(const struct pixels *inks, uint8_t *to)
{
    size_t n = (size_t)inks->width * inks->height;
    const uint8_t *from = inks->data;
    for (size_t i = 0; i < n; i++, from += 4, to += 3)
        for (unsigned c = 0; c < 3; c++)
            to[c] = (uint8_t)(((255 - from[c]) * (255 - from[3]) + 127) / 255);
}

bool picture_to_rgb(struct picture *p)
{
    struct pixels rgb;
    if (p->model == PICTURE_GREY || p->model == PICTURE_RGB)
        return true;
    if (!pixels_init(&rgb, p->planes[0].width, p->planes[0].height, 3))
        return false;
    if (p->model == PICTURE_YCC)
        convert_ycc(p->planes, rgb.data);
    else
        convert_cmyk(&p->planes[0], rgb.data);
    for (unsigned i = 0; i < picture_n_planes(p); i++)
        pixels_fini(&p->planes[i]);
    p->planes[0] = rgb;
    p->model = PICTURE_RGB;
    return true;
}
