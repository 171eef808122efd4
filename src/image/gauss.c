#include "image/gauss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PASSES = 4,
    REACH_EXACT = 32, /* above, running means are faster */
};

/* The blur of one line. */
struct kernel {
    uint32_t reach;
    bool is_exact;
    double weights[REACH_EXACT + 1]; /* if exact: of a number at this distance */
    /* Otherwise the mean of 2 * whole + 1 numbers and, with weight `part`, of one more at each
     * end. */
    uint32_t whole;
    double part;
    float *line; /* with `reach` numbers more at each end */
};

uint32_t gauss_reach(double sigma)
{
    return (uint32_t)ceil(4 * sigma);
}

static void make_weights(struct kernel *k, double sigma)
{
    double sum = 0;
    for (uint32_t i = 0; i <= k->reach; i++) {
        k->weights[i] = exp(-0.5 * i * i / (sigma * sigma));
        sum += (i ? 2 : 1) * k->weights[i];
    }
    for (uint32_t i = 0; i <= k->reach; i++)
        k->weights[i] /= sum;
}

/* Chooses the mean whose variance is that of one pass ("extended box filter", Gwosdek, Grewenig,
 * Bruhn, Weickert 2011). */
static void make_mean(struct kernel *k, double sigma)
{
    double variance = sigma * sigma / PASSES;
    double whole = floor(0.5 * sqrt(12 * variance + 1) - 0.5);
    k->whole = (uint32_t)whole;
    k->part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) /
              (6 * (variance - (whole + 1) * (whole + 1)));
}

/* The index in a line of n numbers that the mirrored index stands for. */
static uint32_t mirrored(int64_t i, uint32_t n)
{
    int64_t period = n > 1 ? 2 * ((int64_t)n - 1) : 1;
    i %= period;
    i = i < 0 ? i + period : i;
    return (uint32_t)(i < n ? i : period - i);
}

static void fill_line(const struct kernel *k, const float *from, uint32_t n)
{
    memcpy(k->line + k->reach, from, n * sizeof *from);
    for (uint32_t i = 1; i <= k->reach; i++) {
        k->line[k->reach - i] = from[mirrored(-(int64_t)i, n)];
        k->line[k->reach + n - 1 + i] = from[mirrored((int64_t)n - 1 + i, n)];
    }
}

static void weigh_line(const struct kernel *k, float *to, uint32_t n)
{
    const float *at = k->line + k->reach;
    float weight = (float)k->weights[0];
    for (uint32_t i = 0; i < n; i++)
        to[i] = weight * at[i];
    for (uint32_t d = 1; d <= k->reach; d++) {
        weight = (float)k->weights[d];
        for (uint32_t i = 0; i < n; i++)
            to[i] += weight * (at[(int64_t)i - d] + at[i + d]);
    }
}

/* Replaces line[0..n) by the means of what was there; the first and last whole + 1 have none.
 * Returns how many are left, from line[0] on. */
static size_t average(const struct kernel *k, size_t n)
{
    float *line = k->line;
    size_t width = 2 * (size_t)k->whole + 1;
    double sum = 0, all = (double)width + 2 * k->part;
    for (size_t i = 1; i <= width; i++)
        sum += line[i];
    for (size_t i = 0; i + width + 1 < n; i++) {
        float first = line[i], last = line[i + width + 1];
        double next = sum - line[i + 1] + last;
        line[i] = (float)((sum + k->part * ((double)first + last)) / all);
        sum = next;
    }
    return n - width - 1;
}

static void average_line(const struct kernel *k, float *to, uint32_t n)
{
    size_t left = n + 2 * (size_t)k->reach;
    for (int pass = 0; pass < PASSES; pass++)
        left = average(k, left);
    memcpy(to, k->line + (left - n) / 2, n * sizeof *to);
}

static void blur_rows(const struct kernel *k, float *data, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++) {
        float *row = data + (size_t)y * width;
        fill_line(k, row, width);
        if (k->is_exact)
            weigh_line(k, row, width);
        else
            average_line(k, row, width);
    }
}

static void transpose(const float *from, uint32_t width, uint32_t height, float *to)
{
    enum { TILE = 16 };
    for (uint32_t y0 = 0; y0 < height; y0 += TILE)
        for (uint32_t x0 = 0; x0 < width; x0 += TILE)
            for (uint32_t y = y0; y < height && y < y0 + TILE; y++)
                for (uint32_t x = x0; x < width && x < x0 + TILE; x++)
                    to[(size_t)x * height + y] = from[(size_t)y * width + x];
}

bool gauss_blur(struct gauss_plane *p, double sigma, float *room)
{
    struct kernel k = {.reach = gauss_reach(sigma)};
    size_t longest = p->width > p->height ? p->width : p->height;
    k.line = malloc((longest + 2 * (size_t)k.reach) * sizeof *k.line);
    if (!k.line)
        return false;
    k.is_exact = k.reach <= REACH_EXACT;
    if (k.is_exact)
        make_weights(&k, sigma);
    else
        make_mean(&k, sigma);
    blur_rows(&k, p->data, p->width, p->height);
    transpose(p->data, p->width, p->height, room);
    blur_rows(&k, room, p->height, p->width);
    transpose(room, p->height, p->width, p->data);
    free(k.line);
    return true;
}
