/*
 * Pixels in memory: 8 bits a channel, interleaved, rows without padding. Channels: 1 grey, 2 grey
 * and alpha, 3 RGB, 4 RGB and alpha; alpha is not premultiplied.
 *
 * Sizes are untrusted, so allocating can fail. Zeroed is empty.
 */
#ifndef IMAGE_PIXELS_H
#define IMAGE_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pixels {
    uint8_t *data; /* owned; malloc's */
    uint32_t width, height;
    unsigned channels;
};

/* Allocates, without clearing. False: no memory, or the size overflows size_t. */
bool pixels_init(struct pixels *, uint32_t width, uint32_t height, unsigned channels);
void pixels_fini(struct pixels *);

static inline bool pixels_has_alpha(const struct pixels *p)
{
    return p->channels == 2 || p->channels == 4;
}

static inline bool pixels_is_grey(const struct pixels *p)
{
    return p->channels <= 2;
}

static inline size_t pixels_stride(const struct pixels *p)
{
    return (size_t)p->width * p->channels;
}

static inline uint8_t *pixels_row(const struct pixels *p, uint32_t y)
{
    return p->data + y * pixels_stride(p);
}

/* Makes RGB of RGB with alpha, if all of it is opaque. */
void pixels_drop_opaque_alpha(struct pixels *);

/* Part of a picture, in pixels; may begin and end between pixels. */
struct pixels_box {
    double x, y, width, height;
};

struct pixels_canvas {
    uint32_t width, height, left, top; /* the part fits in */
    uint8_t background[3];             /* R, G, B */
    bool opaque;                       /* no alpha is left: the background shows through */
};

/*
 * Makes a new picture: `part` at (left, top) on a canvas of the background's colour. The canvas
 * around the part is opaque even if alpha is kept. Grey stays grey unless a coloured background
 * shows. False: no memory.
 */
bool pixels_compose(const struct pixels *part, const struct pixels_canvas *, struct pixels *ret);

#endif
