#include "image/pixels.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool pixels_init(struct pixels *p, uint32_t width, uint32_t height, unsigned channels)
{
    size_t size;
    *p = (struct pixels){0};
    if (__builtin_mul_overflow((size_t)width, height, &size) ||
        __builtin_mul_overflow(size, channels, &size))
        return false;
    p->data = malloc(size ? size : 1);
    if (!p->data)
        return false;
    mem_want_huge(p->data, size);
    p->width = width;
    p->height = height;
    p->channels = channels;
    return true;
}

void pixels_fini(struct pixels *p)
{
    if (!p)
        return;
    free(p->data);
    *p = (struct pixels){0};
}

void pixels_drop_opaque_alpha(struct pixels *p)
{
    size_t n = (size_t)p->width * p->height;
    if (p->channels != 4)
        return;
    for (size_t i = 0; i < n; i++)
        if (p->data[i * 4 + 3] != 255)
            return;
    for (size_t i = 0; i < n; i++)
        memmove(p->data + i * 3, p->data + i * 4, 3);
    p->channels = 3;
}

/* The exact rounded mean of two levels. */
static uint8_t blend(uint8_t over, uint8_t under, unsigned alpha)
{
    return (uint8_t)((over * alpha + under * (255 - alpha) + 127) / 255);
}

static void put_pixel_row(const struct pixels *part, uint32_t y, const struct pixels_canvas *canvas,
    const struct pixels *ret)
{
    const uint8_t *from = pixels_row(part, y);
    uint8_t *to = pixels_row(ret, canvas->top + y) + (size_t)canvas->left * ret->channels;
    unsigned colours = pixels_is_grey(ret) ? 1 : 3;
    unsigned step = pixels_is_grey(part) ? 0 : 1; /* grey is read three times for RGB */
    for (uint32_t x = 0; x < part->width; x++, from += part->channels, to += ret->channels) {
        unsigned alpha = pixels_has_alpha(part) ? from[part->channels - 1] : 255;
        for (unsigned c = 0; c < colours; c++)
            to[c] = canvas->opaque ? blend(from[c * step], canvas->background[c], alpha)
                                   : from[c * step];
        if (pixels_has_alpha(ret))
            to[colours] = (uint8_t)alpha;
    }
}

/* Fills only the area around the part. */
static void fill_background(
    const struct pixels *part, const struct pixels_canvas *canvas, const struct pixels *ret)
{
    uint8_t pixel[4] = {canvas->background[0], canvas->background[1], canvas->background[2], 255};
    if (pixels_is_grey(ret))
        pixel[1] = 255; /* alpha, if any */
    for (uint32_t y = 0; y < ret->height; y++) {
        bool beside = y >= canvas->top && y - canvas->top < part->height;
        uint8_t *to = pixels_row(ret, y);
        for (uint32_t x = 0; x < ret->width; x++) {
            if (beside && x == canvas->left)
                x += part->width;
            if (x < ret->width)
                memcpy(to + (size_t)x * ret->channels, pixel, ret->channels);
        }
    }
}

bool pixels_compose(
    const struct pixels *part, const struct pixels_canvas *canvas, struct pixels *ret)
{
    const uint8_t *bg = canvas->background;
    bool around = canvas->width > part->width || canvas->height > part->height;
    bool shows = around || (canvas->opaque && pixels_has_alpha(part));
    bool grey = pixels_is_grey(part) && (!shows || (bg[0] == bg[1] && bg[1] == bg[2]));
    unsigned alpha = pixels_has_alpha(part) && !canvas->opaque;
    if (!pixels_init(ret, canvas->width, canvas->height, (grey ? 1 : 3) + alpha))
        return false;
    if (around)
        fill_background(part, canvas, ret);
    for (uint32_t y = 0; y < part->height; y++)
        put_pixel_row(part, y, canvas, ret);
    return true;
}
