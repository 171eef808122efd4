#include "image/phash.h"

#include "image/resize.h"

#include <stdlib.h>

enum {
    SIDE = PHASH_SIDE,
    LOW = 8, /* frequencies 1 to 8 in each direction */
    BITS = LOW * LOW,
    MIDDLE = 128, /* of the levels of grey: sums stay small */
};

/* ---- grey ---- */

/* As Y of JFIF. */
static unsigned grey_of(const uint8_t *rgb)
{
    return (77U * rgb[0] + 150U * rgb[1] + 29U * rgb[2] + 128) / 256;
}

/* Writes a picture of SIDE x SIDE pixels as grey. */
static void to_grey(const struct pixels *p, const uint8_t background[3], uint8_t *grey)
{
    unsigned behind = grey_of(background);
    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        const uint8_t *pixel = p->data + (size_t)i * p->channels;
        unsigned level = pixels_is_grey(p) ? pixel[0] : grey_of(pixel);
        if (pixels_has_alpha(p)) {
            unsigned alpha = pixel[p->channels - 1];
            level = (level * alpha + behind * (255 - alpha) + 127) / 255;
        }
        grey[i] = (uint8_t)level;
    }
}

/* ---- the transform ---- */

/* 2^14 * cos(k * pi / 64), for k up to a quarter of the circle. */
static const int16_t cosines[SIDE + 1] = {16384, 16364, 16305, 16207, 16069, 15893, 15679, 15426,
    15137, 14811, 14449, 14053, 13623, 13160, 12665, 12140, 11585, 11003, 10394, 9760, 9102, 8423,
    7723, 7005, 6270, 5520, 4756, 3981, 3196, 2404, 1606, 804, 0};

static int16_t cosine(unsigned k)
{
    k %= 4 * SIDE;
    if (k > 2 * SIDE)
        k = 4 * SIDE - k;
    return k <= SIDE ? cosines[k] : (int16_t)-cosines[2 * SIDE - k];
}

static void transform(const uint8_t *grey, int64_t ret[BITS])
{
    int16_t waves[LOW][SIDE], levels[SIDE];
    int32_t across[SIDE][LOW];
    for (unsigned u = 0; u < LOW; u++)
        for (unsigned x = 0; x < SIDE; x++)
            waves[u][x] = cosine((2 * x + 1) * (u + 1));
    for (unsigned y = 0; y < SIDE; y++) {
        for (unsigned x = 0; x < SIDE; x++)
            levels[x] = (int16_t)(grey[y * SIDE + x] - MIDDLE);
        for (unsigned u = 0; u < LOW; u++) {
            int32_t sum = 0;
            for (unsigned x = 0; x < SIDE; x++)
                sum += levels[x] * waves[u][x];
            across[y][u] = sum;
        }
    }
    for (unsigned v = 0; v < LOW; v++)
        for (unsigned u = 0; u < LOW; u++) {
            int64_t sum = 0;
            for (unsigned y = 0; y < SIDE; y++)
                sum += (int64_t)across[y][u] * waves[v][y];
            ret[v * LOW + u] = sum;
        }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

uint64_t phash_of_grey(const uint8_t *grey)
{
    int64_t terms[BITS], sorted[BITS];
    uint64_t hash = 0;
    transform(grey, terms);
    for (unsigned i = 0; i < BITS; i++)
        sorted[i] = terms[i];
    qsort(sorted, BITS, sizeof *sorted, compare);
    int64_t twice_median = sorted[BITS / 2 - 1] + sorted[BITS / 2];
    for (unsigned i = 0; i < BITS; i++)
        hash |= (uint64_t)(2 * terms[i] > twice_median) << i;
    return hash;
}

bool phash_of(const struct picture *p, const uint8_t background[3], uint64_t *ret)
{
    const struct pixels *first = &p->planes[0]; /* Y, of YCbCr */
    struct pixels small;
    uint8_t grey[SIDE * SIDE];
    const struct pixels_box all = {0, 0, first->width, first->height};
    if (!resize(first, all, SIDE, SIDE, RESIZE_AREA, &small))
        return false;
    to_grey(&small, background, grey);
    pixels_fini(&small);
    *ret = phash_of_grey(grey);
    return true;
}
