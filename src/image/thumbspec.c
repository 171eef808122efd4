#include "image/thumbspec.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const thumbspec_modes[] = {
    [THUMB_FIT] = "fit",
    [THUMB_COVER] = "cover",
    [THUMB_PAD] = "pad",
    [THUMB_EXACT] = "exact",
    [THUMB_SHORT] = "short",
    [THUMB_SHORT + 1] = NULL,
};

const char thumbspec_bad_mode[] = "the mode must be fit, cover, pad, exact or short";

static const char bad_shape[] = "a size is written as 256, 256x192, 512x or x512";

/* Reads digits at *text and moves behind them. No digits give 0; false: not 1..MAX_SIDE. */
static bool read_side(const char **text, uint32_t *ret)
{
    const char *p = *text;
    uint32_t side = 0;
    for (; isdigit((unsigned char)*p); p++) {
        side = side * 10 + (uint32_t)(*p - '0');
        if (side > THUMBSPEC_MAX_SIDE)
            return false;
    }
    if (side == 0 && p > *text)
        return false;
    *text = p;
    *ret = side;
    return true;
}

static bool read_mode(const char *text, enum thumb_mode *ret)
{
    for (size_t i = 0; thumbspec_modes[i]; i++) {
        if (!strcmp(text, thumbspec_modes[i])) {
            *ret = (enum thumb_mode)i;
            return true;
        }
    }
    return false;
}

static void write_name(struct thumbspec *spec, bool square)
{
    char width[12] = "";
    char height[12] = "";
    if (spec->width)
        snprintf(width, sizeof width, "%u", spec->width);
    if (spec->height && !square)
        snprintf(height, sizeof height, "%u", spec->height);
    snprintf(spec->name, sizeof spec->name, "%s%s%s%s%s", width, square ? "" : "x", height,
        spec->mode == THUMB_FIT ? "" : "-",
        spec->mode == THUMB_FIT ? "" : thumbspec_modes[spec->mode]);
}

bool thumbspec_parse(const char *text, struct thumbspec *ret, const char **message)
{
    struct thumbspec spec = {.mode = THUMB_FIT};
    *message = "a side must be 1 to 16384 pixels";
    if (!read_side(&text, &spec.width))
        return false;
    bool square = *text != 'x';
    if (square) {
        spec.height = spec.width;
    } else {
        text++;
        if (!read_side(&text, &spec.height))
            return false;
    }
    *message = bad_shape;
    if ((*text && *text != ':') || (!spec.width && !spec.height))
        return false;
    *message = thumbspec_bad_mode;
    if (*text && !read_mode(text + 1, &spec.mode))
        return false;
    *message = "a size with a free side allows only :fit";
    if (spec.mode != THUMB_FIT && (!spec.width || !spec.height))
        return false;
    *message = NULL;
    write_name(&spec, square);
    *ret = spec;
    return true;
}

/* A scale as a fraction, so that the side that determines it is exact. */
struct scale {
    uint64_t to, from;
};

static bool is_less(struct scale a, struct scale b)
{
    return a.to * b.from < b.to * a.from;
}

static uint32_t scaled(uint32_t side, struct scale s, enum thumb_scaling scaling)
{
    uint64_t pixels = (2 * side * s.to + s.from) / (2 * s.from);
    if (scaling != THUMB_AT_MOST) /* the quotient first, so that inexact halves agree, too */
        pixels = (uint64_t)nearbyint(side * ((double)s.to / (double)s.from));
    return pixels ? (uint32_t)pixels : 1;
}

/* The scale at which the source fits into the box (or, for short, just covers it), ratio kept. */
static struct scale choose_scale(const struct thumbspec *spec, uint32_t source_width,
    uint32_t source_height, enum thumb_scaling scaling)
{
    const struct scale one = {1, 1};
    struct scale by_width = {spec->width, source_width};
    struct scale by_height = {spec->height, source_height};
    struct scale s;
    if (!spec->width)
        s = by_height;
    else if (!spec->height)
        s = by_width;
    else
        s = is_less(by_width, by_height) == (spec->mode != THUMB_SHORT) ? by_width : by_height;
    if (!is_less(one, s))
        return s;
    if (scaling != THUMB_UPSCALE)
        return one;
    /* A free side must not grow without bound. */
    uint32_t longest = source_width > source_height ? source_width : source_height;
    struct scale most = {THUMBSPEC_MAX_SIDE, longest};
    if (!is_less(one, most))
        return one;
    return is_less(most, s) ? most : s;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* A source that covers the box is cropped to the box's ratio and shrunk. Any other is at its
 * final scale already, and only sides that are too long are cut. */
static void lay_cover(const struct thumbspec *spec, enum thumb_scaling scaling, uint32_t width,
    uint32_t height, struct thumb_layout *ret)
{
    if (scaling != THUMB_UPSCALE && (width < spec->width || height < spec->height)) {
        ret->width = smaller(width, spec->width);
        ret->height = smaller(height, spec->height);
        ret->crop_width = ret->width;
        ret->crop_height = ret->height;
        ret->crop_x = (width - ret->width) / 2; /* whole pixels: they are copied */
        ret->crop_y = (height - ret->height) / 2;
        return;
    }
    ret->width = spec->width;
    ret->height = spec->height;
    if ((uint64_t)width * spec->height > (uint64_t)height * spec->width)
        ret->crop_width = (double)height * spec->width / spec->height;
    else
        ret->crop_height = (double)width * spec->height / spec->width;
    ret->crop_x = (width - ret->crop_width) / 2;
    ret->crop_y = (height - ret->crop_height) / 2;
}

/* True if the source is not to be shrunk into the box, and so stays as it is. */
static bool is_left_alone(
    const struct thumbspec *spec, uint32_t width, uint32_t height, enum thumb_scaling scaling)
{
    if (scaling != THUMB_ONLY_SHRINK)
        return false;
    if (spec->mode == THUMB_COVER)
        return width <= spec->width || height <= spec->height;
    return spec->mode == THUMB_PAD && width <= spec->width && height <= spec->height;
}

void thumbspec_layout(const struct thumbspec *spec, uint32_t source_width, uint32_t source_height,
    enum thumb_scaling scaling, struct thumb_layout *ret)
{
    bool alone = is_left_alone(spec, source_width, source_height, scaling);
    *ret = (struct thumb_layout){.crop_width = source_width, .crop_height = source_height};
    if (alone) {
        ret->width = source_width;
        ret->height = source_height;
    } else if (spec->mode == THUMB_COVER) {
        lay_cover(spec, scaling, source_width, source_height, ret);
    } else if (spec->mode == THUMB_EXACT) {
        bool upscale = scaling == THUMB_UPSCALE;
        ret->width = upscale ? spec->width : smaller(spec->width, source_width);
        ret->height = upscale ? spec->height : smaller(spec->height, source_height);
    } else {
        struct scale s = choose_scale(spec, source_width, source_height, scaling);
        ret->width = scaled(source_width, s, scaling);
        ret->height = scaled(source_height, s, scaling);
    }
    bool pad = spec->mode == THUMB_PAD && !alone;
    ret->canvas_width = pad ? spec->width : ret->width;
    ret->canvas_height = pad ? spec->height : ret->height;
    ret->left = (ret->canvas_width - ret->width) / 2;
    ret->top = (ret->canvas_height - ret->height) / 2;
}
