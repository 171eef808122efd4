#include "image/blur.h"

#include "image/gauss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS_MAX = 4 };

static const double grown = 0.1, sigma_of_side = 0.1;

/* Whole pixels, from x0 to before x1; they may lie outside the picture. */
struct area {
    int64_t x0, y0, x1, y1;
};

/* What is worked on: the parts and what the blur reaches, inside the pixels. */
struct work {
    struct pixels *pixels;
    struct area area;
    double sigma;
    unsigned n_planes;                       /* one for each channel, then the mask */
    struct gauss_plane at[CHANNELS_MAX + 1]; /* colours are multiplied by alpha */
    float *room;
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A box in pixels of the whole picture, rounded as img2dataset does, but never empty. */
static struct area area_of(const struct boxes_box *b, const struct blur_place *place)
{
    struct area a = {(int64_t)(b->x0 * place->width), (int64_t)(b->y0 * place->height),
        (int64_t)(b->x1 * place->width), (int64_t)(b->y1 * place->height)};
    a.x1 = larger(a.x1, a.x0 + 1);
    a.y1 = larger(a.y1, a.y0 + 1);
    return a;
}

static int64_t longer_side(const struct area *a)
{
    return larger(a->x1 - a->x0, a->y1 - a->y0);
}

/* The part of the pixels that is blurred for a box; empty if the box is outside of them. */
static struct area part_of(
    const struct boxes_box *b, const struct blur_place *place, const struct pixels *p)
{
    struct area a = area_of(b, place);
    double by = grown * (double)longer_side(&a);
    int64_t left = llround(place->left), top = llround(place->top);
    return (struct area){
        larger((int64_t)floor((double)a.x0 - by) - left, 0),
        larger((int64_t)floor((double)a.y0 - by) - top, 0),
        smaller((int64_t)((double)a.x1 + by) - left, p->width),
        smaller((int64_t)((double)a.y1 + by) - top, p->height),
    };
}

static bool is_empty(const struct area *a)
{
    return a->x0 >= a->x1 || a->y0 >= a->y1;
}

/* The area that all parts take together, with `margin` around it, inside the pixels. */
static struct area area_of_all(const struct boxes *boxes, const struct blur_place *place,
    const struct pixels *p, int64_t margin)
{
    struct area all = {p->width, p->height, 0, 0};
    for (uint32_t i = 0; i < boxes->n; i++) {
        struct area a = part_of(&boxes->at[i], place, p);
        if (is_empty(&a))
            continue;
        all.x0 = smaller(all.x0, a.x0);
        all.y0 = smaller(all.y0, a.y0);
        all.x1 = larger(all.x1, a.x1);
        all.y1 = larger(all.y1, a.y1);
    }
    if (is_empty(&all))
        return all;
    return (struct area){larger(all.x0 - margin, 0), larger(all.y0 - margin, 0),
        smaller(all.x1 + margin, p->width), smaller(all.y1 + margin, p->height)};
}

static double sigma_for(const struct boxes *boxes, const struct blur_place *place)
{
    int64_t longest = 0;
    for (uint32_t i = 0; i < boxes->n; i++) {
        struct area a = area_of(&boxes->at[i], place);
        longest = larger(longest, longer_side(&a));
    }
    return sigma_of_side * (double)longest;
}

static const uint8_t *pixel_at(const struct work *w, uint32_t x, uint32_t y)
{
    return pixels_row(w->pixels, (uint32_t)w->area.y0 + y) +
           ((size_t)w->area.x0 + x) * w->pixels->channels;
}

static float *plane_row(const struct work *w, unsigned plane, uint32_t y)
{
    return w->at[plane].data + (size_t)y * w->at[plane].width;
}

static void take_row(struct work *w, uint32_t y)
{
    unsigned channels = w->pixels->channels;
    bool has_alpha = pixels_has_alpha(w->pixels);
    for (uint32_t x = 0; x < w->at[0].width; x++) {
        const uint8_t *pixel = pixel_at(w, x, y);
        float alpha = has_alpha ? pixel[channels - 1] / 255.0F : 1;
        for (unsigned c = 0; c < channels; c++)
            plane_row(w, c, y)[x] = has_alpha && c == channels - 1 ? alpha : alpha * pixel[c];
    }
}

static void take_mask(struct work *w, const struct boxes *boxes, const struct blur_place *place)
{
    unsigned mask = w->pixels->channels;
    memset(w->at[mask].data, 0, (size_t)w->at[mask].width * w->at[mask].height * sizeof(float));
    for (uint32_t i = 0; i < boxes->n; i++) {
        struct area a = part_of(&boxes->at[i], place, w->pixels);
        for (int64_t y = a.y0; y < a.y1; y++)
            for (int64_t x = a.x0; x < a.x1; x++)
                plane_row(w, mask, (uint32_t)(y - w->area.y0))[x - w->area.x0] = 1;
    }
}

static uint8_t to_byte(float value)
{
    return (uint8_t)(value < 0 ? 0 : value > 254.5F ? 255 : value + 0.5F);
}

/* Puts the blurred row where the blurred mask says. */
static void put_row(struct work *w, uint32_t y)
{
    unsigned channels = w->pixels->channels;
    bool has_alpha = pixels_has_alpha(w->pixels);
    unsigned colours = channels - has_alpha;
    for (uint32_t x = 0; x < w->at[0].width; x++) {
        float mask = plane_row(w, channels, y)[x];
        if (mask <= 0)
            continue;
        uint8_t *pixel =
            pixels_row(w->pixels, (uint32_t)w->area.y0 + y) + ((size_t)w->area.x0 + x) * channels;
        float before = has_alpha ? pixel[colours] / 255.0F : 1, alpha = 1;
        if (has_alpha) {
            alpha = before + mask * (plane_row(w, colours, y)[x] - before);
            pixel[colours] = to_byte(255 * alpha);
        }
        for (unsigned c = 0; c < colours; c++) {
            float colour = before * pixel[c];
            colour += mask * (plane_row(w, c, y)[x] - colour);
            pixel[c] = alpha > 0 ? to_byte(colour / alpha) : 0;
        }
    }
}

static bool make_planes(struct work *w, uint64_t max_memory)
{
    uint32_t width = (uint32_t)(w->area.x1 - w->area.x0);
    uint32_t height = (uint32_t)(w->area.y1 - w->area.y0);
    uint64_t size = (uint64_t)width * height * sizeof(float);
    if (max_memory && (w->n_planes + 1) * size > max_memory)
        return false;
    w->room = malloc(size);
    bool made = w->room != NULL;
    for (unsigned i = 0; i < w->n_planes && made; i++) {
        w->at[i] = (struct gauss_plane){malloc(size), width, height};
        made = w->at[i].data != NULL;
    }
    return made;
}

static bool blur_planes(struct work *w)
{
    bool ok = true;
    for (unsigned i = 0; i < w->n_planes && ok; i++)
        ok = gauss_blur(&w->at[i], w->sigma, w->room);
    return ok;
}

bool blur_boxes(struct pixels *p, const struct boxes *boxes, const struct blur_place *place,
    uint64_t max_memory)
{
    struct work w = {.pixels = p, .n_planes = p->channels + 1};
    w.sigma = sigma_for(boxes, place);
    /* Twice the reach: a pixel that the blurred mask reaches, and what the blur of that reads. */
    w.area = area_of_all(boxes, place, p, 2 * (int64_t)gauss_reach(w.sigma));
    if (is_empty(&w.area))
        return true;
    bool ok = make_planes(&w, max_memory);
    for (uint32_t y = 0; ok && y < w.at[0].height; y++)
        take_row(&w, y);
    if (ok)
        take_mask(&w, boxes, place);
    ok = ok && blur_planes(&w);
    for (uint32_t y = 0; ok && y < w.at[0].height; y++)
        put_row(&w, y);
    for (unsigned i = 0; i < w.n_planes; i++)
        free(w.at[i].data);
    free(w.room);
    return ok;
}
