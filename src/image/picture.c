#include "image/picture.h"

#include <stdlib.h>

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
