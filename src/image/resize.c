#include "image/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Numbers between the passes are 16 bits with FRACTION bits after the point: the
 * filter overshoots on both sides of 0..255, and clipping is left to the end.
 * The weights of one pixel sum to 1 and their sizes to less than 1.6 (tried
 * over many boxes), so sums stay below 255 * 2^FRACTION * 1.6^2 * 2^MAX_SHIFT < 2^31.
 */
enum { FRACTION = 4, ONE = 1 << FRACTION, MAX_SHIFT = 16, MAX_CHANNELS = 4 };

/* What each output pixel of one direction is made of. */
struct axis {
    uint32_t n;       /* output pixels */
    size_t taps;      /* room for weights per output pixel */
    unsigned shift;   /* weights are times 2^shift */
    uint32_t *first;  /* [n] source pixel of the first weight; never falls */
    uint32_t *count;  /* [n] weights in use, 1..taps */
    int16_t *weights; /* [n][taps] */
};

/* A filter: the weight of a pixel that far from the centre. `stretch` is how many source pixels
 * make an output pixel, at least 1. */
static double lanczos3(double distance, double stretch)
{
    double x = fabs(distance / stretch);
    if (x < 1e-9)
        return 1;
    if (x >= 3)
        return 0;
    return 3 * sin(M_PI * x) * sin(M_PI * x / 3) / (M_PI * M_PI * x * x);
}

static double mitchell(double distance, double stretch)
{
    double x = fabs(distance / stretch);
    if (x >= 2)
        return 0;
    if (x >= 1)
        return ((-7.0 / 18 * x + 2) * x - 10.0 / 3) * x + 16.0 / 9;
    return (7.0 / 6 * x - 2) * x * x + 8.0 / 9;
}

/* How much of the pixel is covered. */
static double area(double distance, double stretch)
{
    return fmin(fmax((stretch + 1) / 2 - fabs(distance), 0), 1);
}

static const struct filter {
    double (*weight)(double distance, double stretch);
    double lobes; /* it reaches so far, in output pixels */
} filters[] = {
    [RESIZE_LANCZOS3] = {lanczos3, 3},
    [RESIZE_MITCHELL] = {mitchell, 2},
    [RESIZE_AREA] = {area, 1},
};

static void axis_fini(struct axis *axis)
{
    free(axis->first);
    free(axis->count);
    free(axis->weights);
}

/* The weights of output pixel i, summing to 1, into `ret`. Returns the largest. */
static double weigh(struct axis *axis, const struct filter *filter, uint32_t i, uint32_t source,
    double start, double scale, double *ret)
{
    double stretch = scale > 1 ? scale : 1;
    double centre = start + (i + 0.5) * scale;
    double low = centre - filter->lobes * stretch + 0.5;
    double high = centre + filter->lobes * stretch + 0.5;
    uint32_t first = low > 0 ? (uint32_t)low : 0;
    uint32_t end = high < source ? (uint32_t)high : source;
    double sum = 0;
    double most = 0;
    for (uint32_t x = first; x < end; x++) {
        double weight = filter->weight(x + 0.5 - centre, stretch);
        ret[x - first] = weight;
        sum += weight;
    }
    for (uint32_t k = 0; k < end - first; k++) {
        ret[k] /= sum;
        most = fmax(most, fabs(ret[k]));
    }
    axis->first[i] = first;
    axis->count[i] = end - first;
    return most;
}

/* As whole numbers whose sum is exactly 2^shift: what one is rounded by goes to the next. */
static void quantise(const double *weights, uint32_t n, unsigned shift, int16_t *ret)
{
    double sum = 0;
    long before = 0;
    for (uint32_t k = 0; k < n; k++) {
        sum += weights[k];
        long now = k + 1 < n ? lround(ldexp(sum, (int)shift)) : 1L << shift;
        ret[k] = (int16_t)(now - before);
        before = now;
    }
}

/* `length` source pixels from `start` on, as n. False: no memory. */
static bool axis_init(struct axis *axis, const struct filter *filter, uint32_t source, double start,
    double length, uint32_t n)
{
    double scale = length / n;
    double reach = ceil(filter->lobes * (scale > 1 ? scale : 1)) * 2 + 1;
    size_t size;

    *axis = (struct axis){.n = n, .taps = reach < source ? (size_t)reach : source};
    if (__builtin_mul_overflow(axis->taps, n, &size) ||
        __builtin_mul_overflow(size, sizeof *axis->weights, &size))
        return false;
    axis->first = calloc(n, sizeof *axis->first);
    axis->count = calloc(n, sizeof *axis->count);
    axis->weights = malloc(size);
    double *exact = calloc(axis->taps, sizeof *exact);
    if (!axis->first || !axis->count || !axis->weights || !exact) {
        free(exact);
        axis_fini(axis);
        return false;
    }
    double most = 0;
    for (uint32_t i = 0; i < n; i++)
        most = fmax(most, weigh(axis, filter, i, source, start, scale, exact));
    for (axis->shift = MAX_SHIFT; ldexp(most, (int)axis->shift) > INT16_MAX - 1;)
        axis->shift--;
    for (uint32_t i = 0; i < n; i++) {
        weigh(axis, filter, i, source, start, scale, exact);
        quantise(exact, axis->count[i], axis->shift, axis->weights + i * axis->taps);
    }
    free(exact);
    return true;
}

/* One past the last source pixel in use. */
static uint32_t axis_end(const struct axis *axis)
{
    return axis->first[axis->n - 1] + axis->count[axis->n - 1];
}

static inline int clamp(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

/* Source pixels [from, end) of a row, with a fraction, alpha multiplied in. */
static void load_row(
    const struct pixels *source, bool alpha, uint32_t y, uint32_t from, uint32_t end, int16_t *ret)
{
    unsigned channels = source->channels;
    const uint8_t *in = pixels_row(source, y);
    size_t stop = (size_t)end * channels;
    if (!alpha) {
        for (size_t i = (size_t)from * channels; i < stop; i++)
            ret[i] = (int16_t)(in[i] * ONE);
        return;
    }
    for (size_t i = (size_t)from * channels; i < stop; i += channels) {
        unsigned cover = in[i + channels - 1];
        for (unsigned c = 0; c + 1 < channels; c++)
            ret[i + c] = (int16_t)((in[i + c] * cover * ONE + 127) / 255);
        ret[i + channels - 1] = (int16_t)(cover * ONE);
    }
}

/* Inlined once for each number of channels, so that the loops are unrolled. */
static inline __attribute__((always_inline)) void across(
    const int16_t *row, const struct axis *axis, const unsigned channels, int16_t *ret)
{
    for (uint32_t x = 0; x < axis->n; x++, ret += channels) {
        const int16_t *weights = axis->weights + x * axis->taps;
        const int16_t *in = row + (size_t)axis->first[x] * channels;
        int sums[MAX_CHANNELS] = {0};
        for (uint32_t k = 0; k < axis->count[x]; k++, in += channels)
            for (unsigned c = 0; c < channels; c++)
                sums[c] += weights[k] * in[c];
        for (unsigned c = 0; c < channels; c++)
            ret[c] = (int16_t)((sums[c] + (1 << (axis->shift - 1))) >> axis->shift);
    }
}

static void resize_row(const int16_t *row, const struct axis *axis, unsigned channels, int16_t *ret)
{
    switch (channels) {
    case 1:
        across(row, axis, 1, ret);
        break;
    case 2:
        across(row, axis, 2, ret);
        break;
    case 3:
        across(row, axis, 3, ret);
        break;
    default:
        across(row, axis, 4, ret);
    }
}

static void add_row(const int16_t *restrict row, int weight, size_t n, int32_t *restrict sums)
{
    for (size_t i = 0; i < n; i++)
        sums[i] += weight * row[i];
}

/* Sums of weighted rows to levels. */
static void store_row(
    const int32_t *sums, unsigned shift, bool alpha, const struct pixels *ret, uint32_t y)
{
    uint8_t *out = pixels_row(ret, y);
    size_t n = pixels_stride(ret);
    if (!alpha) {
        shift += FRACTION;
        for (size_t i = 0; i < n; i++)
            out[i] = (uint8_t)clamp((sums[i] + (1 << (shift - 1))) >> shift, 255);
        return;
    }
    for (size_t i = 0; i < n; i += ret->channels) {
        unsigned last = ret->channels - 1;
        int cover = clamp((sums[i + last] + (1 << (shift - 1))) >> shift, 255 * ONE);
        out[i + last] = (uint8_t)((cover + ONE / 2) / ONE);
        for (unsigned c = 0; c < last; c++) {
            int level = clamp((sums[i + c] + (1 << (shift - 1))) >> shift, cover);
            out[i + c] = out[i + last] ? (uint8_t)((level * 255 + cover / 2) / cover) : 0;
        }
    }
}

/* The rows in work: one of the source, a ring of those resized across, one of sums. */
struct rows {
    int16_t *loaded, *ring;
    int32_t *sums;
};

static bool rows_init(
    struct rows *rows, const struct pixels *source, size_t ring_rows, const struct pixels *ret)
{
    size_t ring_size;
    *rows = (struct rows){0};
    if (__builtin_mul_overflow(ring_rows, pixels_stride(ret), &ring_size))
        return false;
    rows->loaded = calloc(pixels_stride(source), sizeof *rows->loaded);
    rows->ring = calloc(ring_size, sizeof *rows->ring);
    rows->sums = calloc(pixels_stride(ret), sizeof *rows->sums);
    return rows->loaded && rows->ring && rows->sums;
}

static void rows_fini(struct rows *rows)
{
    free(rows->loaded);
    free(rows->ring);
    free(rows->sums);
}

static void run(const struct pixels *source, bool alpha, const struct axis *across_axis,
    const struct axis *down_axis, const struct rows *rows, const struct pixels *ret)
{
    size_t stride = pixels_stride(ret);
    uint32_t end = axis_end(across_axis);
    uint32_t ready = 0; /* source rows before it are done, or were not needed */

    for (uint32_t y = 0; y < ret->height; y++) {
        const int16_t *weights = down_axis->weights + y * down_axis->taps;
        uint32_t first = down_axis->first[y];
        if (ready < first)
            ready = first;
        for (; ready < first + down_axis->count[y]; ready++) {
            load_row(source, alpha, ready, across_axis->first[0], end, rows->loaded);
            resize_row(rows->loaded, across_axis, source->channels,
                rows->ring + ready % down_axis->taps * stride);
        }
        memset(rows->sums, 0, stride * sizeof *rows->sums);
        for (uint32_t k = 0; k < down_axis->count[y]; k++)
            add_row(rows->ring + (first + k) % down_axis->taps * stride, weights[k], stride,
                rows->sums);
        store_row(rows->sums, down_axis->shift, alpha, ret, y);
    }
}

static void cut_to(double *start, double *length, uint32_t side)
{
    double end = fmin(*start + *length, side);
    *start = fmax(*start, 0);
    *length = end - *start;
}

static bool is_copy(const struct pixels_box *box, uint32_t width, uint32_t height)
{
    return box->width == width && box->height == height && box->x == floor(box->x) &&
           box->y == floor(box->y);
}

static void copy(
    const struct pixels *source, const struct pixels_box *box, const struct pixels *ret)
{
    for (uint32_t y = 0; y < ret->height; y++)
        memcpy(pixels_row(ret, y),
            pixels_row(source, (uint32_t)box->y + y) + (size_t)box->x * source->channels,
            pixels_stride(ret));
}

static bool make(const struct pixels *source, bool alpha, struct pixels_box box, uint32_t width,
    uint32_t height, const struct filter *filter, struct pixels *ret)
{
    cut_to(&box.x, &box.width, source->width);
    cut_to(&box.y, &box.height, source->height);
    struct pixels made;
    if (!pixels_init(&made, width, height, source->channels))
        return false;
    if (is_copy(&box, width, height)) {
        copy(source, &box, &made);
        *ret = made;
        return true;
    }
    struct axis across_axis = {0};
    struct axis down_axis = {0};
    struct rows rows = {0};
    bool ok = axis_init(&across_axis, filter, source->width, box.x, box.width, width) &&
              axis_init(&down_axis, filter, source->height, box.y, box.height, height) &&
              rows_init(&rows, source, down_axis.taps, &made);
    if (ok)
        run(source, alpha, &across_axis, &down_axis, &rows, &made);
    rows_fini(&rows);
    axis_fini(&across_axis);
    axis_fini(&down_axis);
    if (ok)
        *ret = made;
    else
        pixels_fini(&made);
    return ok;
}

bool resize(const struct pixels *source, struct pixels_box box, uint32_t width, uint32_t height,
    enum resize_filter filter, struct pixels *ret)
{
    return make(source, pixels_has_alpha(source), box, width, height, &filters[filter], ret);
}

bool resize_plain(const struct pixels *source, struct pixels_box box, uint32_t width,
    uint32_t height, enum resize_filter filter, struct pixels *ret)
{
    return make(source, false, box, width, height, &filters[filter], ret);
}
