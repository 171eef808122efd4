#include "image/resize_axis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A filter: converts distances from the centre (0 or more, within its reach) to weights. `stretch`
 * is the number of source pixels per output pixel, at least 1. The loops have no branches, so that
 * the compiler vectorises them.
 */
typedef void filter_weigh(float *values, uint32_t n, float stretch);

/*
 * Thumbnails need some ten thousand weights, so sin() is not called. With a = pi x / 3 and u = (sin
 * a / a)^2, sinc(x) sinc(x / 3) is u (1 - 4/3 u a^2), because sin 3a = 3 sin a - 4 sin^3 a. The
 * Taylor series of sin a / a is cut off where the rest is below 1e-8 for all a up to pi.
 */
static void lanczos3(float *values, uint32_t n, float stretch)
{
    const float shrink = 1 / stretch;
    for (uint32_t k = 0; k < n; k++) {
        float x = values[k] * shrink;
        float t = x * x * (float)(M_PI * M_PI / 9);
        float s = 1 / 1.21645100408832e17F; /* 19! */
        s = 1 / 3.55687428096e14F - t * s;
        s = 1 / 1.307674368e12F - t * s;
        s = 1 / 6227020800.0F - t * s;
        s = 1 / 39916800.0F - t * s;
        s = 1 / 362880.0F - t * s;
        s = 1 / 5040.0F - t * s;
        s = 1 / 120.0F - t * s;
        s = 1 / 6.0F - t * s;
        s = 1 - t * s;
        float u = s * s;
        values[k] = u * (1 - 4 / 3.0F * u * t);
    }
}

static void mitchell(float *values, uint32_t n, float stretch)
{
    const float shrink = 1 / stretch;
    for (uint32_t k = 0; k < n; k++) {
        float x = values[k] * shrink;
        float inner = (7 / 6.0F * x - 2) * x * x + 8 / 9.0F;
        float outer = ((-7 / 18.0F * x + 2) * x - 10 / 3.0F) * x + 16 / 9.0F;
        values[k] = x < 1 ? inner : outer;
    }
}

/* The weight is the covered part of the pixel. */
static void area(float *values, uint32_t n, float stretch)
{
    for (uint32_t k = 0; k < n; k++) {
        float covered = (stretch + 1) / 2 - values[k];
        values[k] = covered < 0 ? 0 : covered > 1 ? 1 : covered;
    }
}

static const struct filter {
    filter_weigh *weigh;
    unsigned lobes; /* it reaches so far, in output pixels */
} filters[] = {
    [RESIZE_LANCZOS3] = {lanczos3, 3},
    [RESIZE_MITCHELL] = {mitchell, 2},
    [RESIZE_AREA] = {area, 1},
};

/* The weights of one output pixel, before they are rounded to integers. */
struct exact {
    uint32_t first, count; /* source pixels */
    bool again;            /* the weights are those of the pixel one period before */
    float sum;
    float *weights;
};

/* The weights repeat after `period` output pixels and `step` source pixels, an even number: 640
 * pixels to 256 have period 4 and step 10. */
struct rhythm {
    uint32_t period, step; /* period 0: there is none */
};

static struct rhythm rhythm_of(double scale, uint32_t n)
{
    enum { LONGEST = 64 }; /* multiples of 8 pixels to 256 have no longer one */
    for (uint32_t period = 1; period < n && period <= LONGEST; period++)
        if (fmod(period * scale, 2) == 0)
            return (struct rhythm){period, (uint32_t)(period * scale)};
    return (struct rhythm){0};
}

/* Computes the weights. Returns the largest, relative to their sum. */
static float weigh(
    const struct filter *filter, double centre, double stretch, uint32_t source, struct exact *ret)
{
    double low = centre - filter->lobes * stretch + 0.5;
    double high = centre + filter->lobes * stretch + 0.5;
    float most = 0;
    ret->first = low > 0 ? (uint32_t)low : 0;
    ret->count = (high < source ? (uint32_t)high : source) - ret->first;
    float from = (float)(ret->first + 0.5 - centre);
    for (uint32_t k = 0; k < ret->count; k++)
        ret->weights[k] = fabsf(from + (float)(int)k);
    filter->weigh(ret->weights, ret->count, (float)stretch);
    ret->sum = 0;
    for (uint32_t k = 0; k < ret->count; k++) {
        float weight = ret->weights[k];
        ret->sum += weight;
        most = weight > most ? weight : most; /* the largest is never negative */
    }
    return most / ret->sum;
}

static float fine_weight(const struct exact *e, uint32_t x)
{
    return x >= e->first && x < e->first + e->count ? e->weights[x - e->first] : 0;
}

/* Converts the weights of the doubled source to those of the source, in place. The doubled
 * source has two pixels for each one, a quarter of a pixel to its sides: 3/4 of the nearest
 * pixel and 1/4 of the next nearest. Returns the largest weight, relative to their sum. */
static float fold(struct exact *e, uint32_t source)
{
    uint32_t first = e->first ? (e->first - 1) / 2 : 0;
    uint32_t end = (e->first + e->count) / 2 + 1 < source ? (e->first + e->count) / 2 + 1 : source;
    float most = 0;
    float before = 0; /* the fine ones to the left are overwritten by now */
    float left = fine_weight(e, 2 * first);
    for (uint32_t x = first; x < end; x++) {
        float right = fine_weight(e, 2 * x + 1);
        float after = fine_weight(e, 2 * x + 2);
        float far = (x > 0 ? before : left) + (x + 1 < source ? after : right);
        float weight = (left + right) * 3 / 4 + far / 4;
        e->weights[x - first] = weight;
        most = weight > most ? weight : most;
        before = right;
        left = after;
    }
    e->first = first;
    e->count = end - first;
    return most / e->sum;
}

/* If output pixel i has the weights of the pixel one period before, copies them and returns
 * true. That holds if neither is cut off by an end of the source. */
static bool repeats(struct exact *exact, uint32_t i, struct rhythm rhythm, uint32_t source)
{
    if (!rhythm.period || i < rhythm.period)
        return false;
    struct exact like = exact[i - rhythm.period];
    like.first += rhythm.step;
    if (like.first == rhythm.step || like.first + like.count >= source)
        return false;
    like.again = true;
    exact[i] = like;
    return true;
}

/* Removes pairs of zeros at the ends. */
static void trim(struct resize_axis *axis, uint32_t i)
{
    int16_t *weights = axis->weights + i * axis->room;
    uint32_t start = 0;
    uint32_t end = axis->pairs[i];
    while (!weights[2 * start] && !weights[2 * start + 1])
        start++;
    while (!weights[2 * end - 2] && !weights[2 * end - 1])
        end--;
    if (start)
        memmove(weights, weights + (size_t)2 * start, (size_t)2 * (end - start) * sizeof *weights);
    axis->first[i] += start;
    axis->pairs[i] = end - start;
}

/* Rounds the weights to integers whose sum is exactly 2^shift: each rounding error is carried to
 * the next weight. */
static void quantise(struct resize_axis *axis, uint32_t i, const struct exact *exact)
{
    enum { MORE = 8 }; /* bits until then: 24, as many as a float has */
    int16_t *weights = axis->weights + i * axis->room;
    const float one = (float)(1 << (axis->shift + MORE)) / exact->sum;
    int sum = 1 << (MORE - 1);
    int before = 0;
    uint32_t used = exact->first & 1;
    for (uint32_t k = 0; k < exact->count; k++) {
        sum += (int)(exact->weights[k] * one);
        int now = k + 1 < exact->count ? sum >> MORE : 1 << axis->shift;
        weights[used++] = (int16_t)(now - before);
        before = now;
    }
    axis->first[i] = exact->first / 2;
    axis->pairs[i] = (used + 1) / 2;
    trim(axis, i);
}

/* Copies the weights of the output pixel one period before. */
static void repeat(struct resize_axis *axis, uint32_t i, struct rhythm rhythm)
{
    uint32_t like = i - rhythm.period;
    axis->first[i] = axis->first[like] + rhythm.step / 2;
    axis->pairs[i] = axis->pairs[like];
    memcpy(axis->weights + i * axis->room, axis->weights + like * axis->room,
        (size_t)2 * axis->pairs[like] * sizeof *axis->weights);
}

static bool make_room(struct resize_axis *axis, uint32_t n, size_t taps)
{
    size_t size;
    *axis = (struct resize_axis){.n = n, .room = (taps + 3) & ~(size_t)1};
    if (__builtin_mul_overflow(axis->room, n, &size))
        return false;
    axis->first = calloc(n, sizeof *axis->first);
    axis->pairs = calloc(n, sizeof *axis->pairs);
    axis->weights = calloc(size, sizeof *axis->weights);
    return axis->first && axis->pairs && axis->weights;
}

static void fill_axis(
    struct resize_axis *axis, const struct exact *exact, struct rhythm rhythm, float most)
{
    for (axis->shift = RESIZE_MAX_SHIFT; most * (float)(1 << axis->shift) > INT16_MAX - 1;)
        axis->shift--;
    axis->from = UINT32_MAX;
    for (uint32_t i = 0; i < axis->n; i++) {
        if (exact[i].again)
            repeat(axis, i, rhythm);
        else
            quantise(axis, i, &exact[i]);
        if (axis->from > axis->first[i])
            axis->from = axis->first[i];
        if (axis->to < axis->first[i] + axis->pairs[i])
            axis->to = axis->first[i] + axis->pairs[i];
    }
}

bool resize_axis_init(struct resize_axis *axis, enum resize_filter filter, uint32_t source,
    double start, double length, bool doubled, uint32_t n)
{
    const unsigned fine = doubled ? 2 : 1;
    start *= fine;
    length *= fine;
    double scale = length / n;
    double stretch = scale > 1 ? scale : 1;
    double reach = ceil(filters[filter].lobes * stretch) * 2 + 1;
    size_t taps = reach < fine * (double)source ? (size_t)reach : fine * (size_t)source;
    if (!make_room(axis, n, taps))
        return false;
    struct exact *exact = calloc(n, sizeof *exact);
    float *weights = calloc(n * axis->room, sizeof *weights);
    bool ok = exact && weights;
    const struct rhythm rhythm = rhythm_of(scale / fine, n);
    float most = 0;
    for (uint32_t i = 0; ok && i < n; i++) {
        if (repeats(exact, i, rhythm, source))
            continue;
        exact[i].weights = weights + i * axis->room;
        double centre = start + (i + 0.5) * scale;
        float largest = weigh(&filters[filter], centre, stretch, fine * source, &exact[i]);
        if (doubled)
            largest = fold(&exact[i], source);
        most = largest > most ? largest : most;
    }
    if (ok)
        fill_axis(axis, exact, rhythm, most);
    free(weights);
    free(exact);
    return ok;
}

void resize_axis_fini(struct resize_axis *axis)
{
    free(axis->first);
    free(axis->pairs);
    free(axis->weights);
}
