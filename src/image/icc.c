#include "image/icc.h"

#include <lcms2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Making a transform takes 2 ms, and 30 ms for a printing press's profile. Running it on a
 * thumbnail of 256x256 takes 0.6 and 4 ms. Most sites use a few profiles at most. */
enum { KEPT = 4 };

/* Differences of a channel up to this are not worth a conversion: sRGB profiles differ this
 * much. */
enum { TOLERANCE = 1 };

/* What a transform is made from: a profile, or a struct colour. Borrowed. */
struct origin {
    bool is_colour;
    const void *bytes;
    size_t len;
};

struct icc_transform {
    unsigned users; /* pictures, and the cache */
    enum picture_model model;
    bool alpha;
    cmsHTRANSFORM run; /* NULL: nothing to do, or `grey` */
    uint8_t *grey;     /* NULL, or 256 levels: what becomes of a grey by an RGB profile */
    bool is_srgb;      /* usable, and changes nothing */
    bool is_colour;
    size_t len;
    uint8_t bytes[];
};

static struct {
    pthread_mutex_t lock;
    struct icc_transform *kept[KEPT];
    unsigned next; /* to be replaced */
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void leave(struct icc_transform *t)
{
    if (!t || --t->users > 0)
        return;
    if (t->run)
        cmsDeleteTransform(t->run);
    free(t->grey);
    free(t);
}

/* A grey profile with sRGB's tone curve (IEC 61966-2-1). */
static cmsHPROFILE make_grey(void)
{
    static const cmsFloat64Number curve[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *tone = cmsBuildParametricToneCurve(NULL, 4, curve);
    cmsHPROFILE grey = tone ? cmsCreateGrayProfile(cmsD50_xyY(), tone) : NULL;
    cmsFreeToneCurve(tone);
    return grey;
}

/* Makes the transform: grey to grey, and the rest to RGB. NULL: impossible. */
static cmsHTRANSFORM make_transform(
    cmsHPROFILE from, bool is_link, enum picture_model model, bool alpha)
{
    static const struct {
        cmsColorSpaceSignature space;
        cmsUInt32Number from[2], to[2]; /* without alpha, with it */
    } kinds[] = {
        [PICTURE_GREY] = {cmsSigGrayData, {TYPE_GRAY_8, TYPE_GRAYA_8}, {TYPE_GRAY_8, TYPE_GRAYA_8}},
        [PICTURE_RGB] = {cmsSigRgbData, {TYPE_RGB_8, TYPE_RGBA_8}, {TYPE_RGB_8, TYPE_RGBA_8}},
        [PICTURE_CMYK] = {cmsSigCmykData, {TYPE_CMYK_8, 0}, {TYPE_RGB_8, 0}},
    };
    if (cmsGetColorSpace(from) != kinds[model].space)
        return NULL;
    if (is_link) /* to sRGB already */
        return cmsCreateTransform(from, kinds[model].from[alpha], NULL, kinds[model].to[alpha],
            INTENT_PERCEPTUAL, cmsFLAGS_NOCACHE | cmsFLAGS_COPY_ALPHA);
    cmsHPROFILE to = model == PICTURE_GREY ? make_grey() : cmsCreate_sRGBProfile();
    if (!to)
        return NULL;
    /* NOCACHE: several threads may run the transform. */
    cmsHTRANSFORM made = cmsCreateTransform(from, kinds[model].from[alpha], to,
        kinds[model].to[alpha], INTENT_PERCEPTUAL, cmsFLAGS_NOCACHE | cmsFLAGS_COPY_ALPHA);
    cmsCloseProfile(to);
    return made;
}

/* True if sample colours from the whole space stay unchanged. */
static bool changes_nothing(const struct icc_transform *t)
{
    enum { STEPS = 16, SIDE = STEPS + 1, COLOURS = SIDE * SIDE * SIDE };
    uint8_t colours[COLOURS * 4];
    uint8_t converted[COLOURS * 4];
    const unsigned channels = (t->model == PICTURE_GREY ? 1 : 3) + t->alpha;
    if (t->model == PICTURE_CMYK)
        return false;
    for (unsigned i = 0; i < COLOURS; i++) {
        const unsigned steps[] = {i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE};
        for (unsigned c = 0; c < channels; c++)
            colours[i * channels + c] =
                (uint8_t)(t->alpha && c == channels - 1 ? 255 : steps[c] * 255 / STEPS);
    }
    cmsDoTransform(t->run, colours, converted, COLOURS);
    for (unsigned i = 0; i < COLOURS * channels; i++)
        if (abs(colours[i] - converted[i]) > TOLERANCE)
            return false;
    return true;
}

/* Levels of grey by an RGB profile: those of a colour with equal channels. NULL: none needed. */
static uint8_t *make_grey_levels(cmsHPROFILE from, bool is_link)
{
    enum { LEVELS = 256 };
    uint8_t rgb[LEVELS][3], *ret = NULL;
    bool changes = false;
    cmsHTRANSFORM run = make_transform(from, is_link, PICTURE_RGB, false);
    if (!run)
        return NULL;
    for (int i = 0; i < LEVELS; i++)
        memset(rgb[i], i, sizeof rgb[i]);
    cmsDoTransform(run, rgb, rgb, LEVELS);
    cmsDeleteTransform(run);
    for (int i = 0; i < LEVELS; i++)
        changes |= abs(rgb[i][1] - i) > TOLERANCE;
    if (changes && (ret = malloc(LEVELS)))
        for (int i = 0; i < LEVELS; i++)
            ret[i] = rgb[i][1];
    return ret;
}

static cmsHPROFILE open_origin(const struct icc_transform *t)
{
    struct colour colour;
    if (!t->is_colour)
        return cmsOpenProfileFromMem(t->bytes, (cmsUInt32Number)t->len);
    memcpy(&colour, t->bytes, sizeof colour);
    return colour_profile(&colour);
}

/* Makes an entry with one user, the cache. NULL: no memory. */
static struct icc_transform *make(struct origin o, enum picture_model model, bool alpha)
{
    struct icc_transform *t = calloc(1, sizeof *t + o.len);
    if (!t)
        return NULL;
    *t = (struct icc_transform){
        .users = 1, .model = model, .alpha = alpha, .is_colour = o.is_colour, .len = o.len};
    memcpy(t->bytes, o.bytes, o.len);
    cmsHPROFILE from = open_origin(t);
    if (!from)
        return t;
    bool is_link = t->is_colour && cmsGetDeviceClass(from) == cmsSigLinkClass;
    if (model == PICTURE_GREY && cmsGetColorSpace(from) == cmsSigRgbData)
        t->grey = make_grey_levels(from, is_link);
    else
        t->run = make_transform(from, is_link, model, alpha);
    cmsCloseProfile(from);
    if (t->run && changes_nothing(t)) {
        t->is_srgb = true;
        cmsDeleteTransform(t->run);
        t->run = NULL;
    }
    return t;
}

static struct icc_transform *find_transform(struct origin o, enum picture_model model, bool alpha)
{
    for (unsigned i = 0; i < KEPT; i++) {
        struct icc_transform *t = cache.kept[i];
        if (t && t->model == model && t->alpha == alpha && t->is_colour == o.is_colour &&
            t->len == o.len && !memcmp(t->bytes, o.bytes, o.len))
            return t;
    }
    struct icc_transform *t = make(o, model, alpha);
    if (!t)
        return NULL;
    leave(cache.kept[cache.next]);
    cache.kept[cache.next] = t;
    cache.next = (cache.next + 1) % KEPT;
    return t;
}

static struct icc_transform *get(struct origin o, enum picture_model model, bool alpha)
{
    pthread_mutex_lock(&cache.lock);
    struct icc_transform *t = find_transform(o, model == PICTURE_YCC ? PICTURE_RGB : model, alpha);
    if (t && !t->run && !t->grey)
        t = NULL;
    if (t)
        t->users++;
    pthread_mutex_unlock(&cache.lock);
    return t;
}

struct icc_transform *icc_get(
    const uint8_t *profile, size_t len, enum picture_model model, bool alpha)
{
    if (!profile || !len || len > PICTURE_ICC_MAX)
        return NULL;
    return get((struct origin){.bytes = profile, .len = len}, model, alpha);
}

struct icc_transform *icc_of_colour(const struct colour *c, enum picture_model model, bool alpha)
{
    if (c->curve == COLOUR_NONE)
        return NULL;
    return get((struct origin){true, c, sizeof *c}, model, alpha);
}

bool icc_is_srgb(const struct picture *p)
{
    struct origin o = {!p->icc, p->icc ? (void *)p->icc : (void *)&p->colour,
        p->icc ? p->icc_len : sizeof p->colour};
    enum picture_model model = p->model == PICTURE_YCC ? PICTURE_RGB : p->model;
    if (model == PICTURE_CMYK)
        return false;
    if (!p->icc && p->colour.curve == COLOUR_NONE)
        return true;
    pthread_mutex_lock(&cache.lock);
    struct icc_transform *t = find_transform(o, model, picture_has_alpha(p));
    bool ret = t && t->is_srgb;
    pthread_mutex_unlock(&cache.lock);
    return ret;
}

void icc_release(struct icc_transform *t)
{
    pthread_mutex_lock(&cache.lock);
    leave(t);
    pthread_mutex_unlock(&cache.lock);
}

bool icc_apply(const struct icc_transform *t, struct pixels *p)
{
    struct pixels converted = *p;
    if (t->grey) {
        size_t n = (size_t)p->width * p->height;
        for (size_t i = 0; i < n; i++)
            p->data[i * p->channels] = t->grey[p->data[i * p->channels]];
        return true;
    }
    if (t->model == PICTURE_CMYK && !pixels_init(&converted, p->width, p->height, 3))
        return false;
    for (uint32_t y = 0; y < p->height; y++)
        cmsDoTransform(t->run, pixels_row(p, y), pixels_row(&converted, y), p->width);
    if (t->model == PICTURE_CMYK)
        pixels_fini(p);
    *p = converted;
    return true;
}

void icc_warm_up(void)
{
    /* Green and blue are swapped. */
    const cmsCIExyY white = {0.3127, 0.329, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.15, 0.06, 1}, {0.3, 0.6, 1}};
    uint8_t profile[2048];
    cmsUInt32Number len = sizeof profile;
    uint8_t colour[3] = {1, 2, 3};
    struct pixels pixel = {colour, 1, 1, 3};
    cmsToneCurve *tone = cmsBuildGamma(NULL, 2.2);
    cmsToneCurve *const tones[] = {tone, tone, tone};
    cmsHPROFILE made = tone ? cmsCreateRGBProfile(&white, &primaries, tones) : NULL;
    if (made && cmsSaveProfileToMem(made, profile, &len)) {
        struct icc_transform *t = icc_get(profile, len, PICTURE_RGB, false);
        if (t)
            icc_apply(t, &pixel);
        icc_release(t);
    }
    if (made)
        cmsCloseProfile(made);
    cmsFreeToneCurve(tone);
}
