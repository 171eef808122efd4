#include "image/colour.h"

#include <lcms2.h>
#include <math.h>
#include <string.h>

/* ---- H.273 ---- */

static const float d65[2] = {0.3127F, 0.3290F}, illuminant_c[2] = {0.310F, 0.316F},
                   equal_energy[2] = {1 / 3.F, 1 / 3.F}, dci[2] = {0.314F, 0.351F};

/* H.273, table 2. */
static const struct {
    uint8_t value;
    const float *white;
    float red[2], green[2], blue[2];
} primaries_of[] = {
    {1, d65, {0.640F, 0.330F}, {0.300F, 0.600F}, {0.150F, 0.060F}},          /* BT.709 */
    {4, illuminant_c, {0.67F, 0.33F}, {0.21F, 0.71F}, {0.14F, 0.08F}},       /* BT.470 M */
    {5, d65, {0.64F, 0.33F}, {0.29F, 0.60F}, {0.15F, 0.06F}},                /* BT.470 B, G */
    {6, d65, {0.630F, 0.340F}, {0.310F, 0.595F}, {0.155F, 0.070F}},          /* SMPTE 170M */
    {7, d65, {0.630F, 0.340F}, {0.310F, 0.595F}, {0.155F, 0.070F}},          /* SMPTE 240M */
    {8, illuminant_c, {0.681F, 0.319F}, {0.243F, 0.692F}, {0.145F, 0.049F}}, /* film */
    {9, d65, {0.708F, 0.292F}, {0.170F, 0.797F}, {0.131F, 0.046F}},          /* BT.2020 */
    {10, equal_energy, {1.F, 0.F}, {0.F, 1.F}, {0.F, 0.F}},                  /* XYZ */
    {11, dci, {0.680F, 0.320F}, {0.265F, 0.690F}, {0.150F, 0.060F}},         /* DCI-P3 */
    {12, d65, {0.680F, 0.320F}, {0.265F, 0.690F}, {0.150F, 0.060F}},         /* Display P3 */
    {22, d65, {0.630F, 0.340F}, {0.295F, 0.605F}, {0.155F, 0.077F}},         /* EBU 3213 */
};

bool colour_of_primaries(unsigned primaries, struct colour *ret)
{
    for (size_t i = 0; i < sizeof primaries_of / sizeof *primaries_of; i++) {
        if (primaries_of[i].value != primaries)
            continue;
        memcpy(ret->white, primaries_of[i].white, sizeof ret->white);
        memcpy(ret->red, primaries_of[i].red, sizeof ret->red);
        memcpy(ret->green, primaries_of[i].green, sizeof ret->green);
        memcpy(ret->blue, primaries_of[i].blue, sizeof ret->blue);
        return true;
    }
    return false;
}

bool colour_of_transfer(unsigned transfer, struct colour *ret)
{
    /* H.273, table 3. The curves of cameras are shown by displays of BT.1886. */
    static const struct {
        uint8_t value, curve;
        float gamma;
    } known[] = {{1, COLOUR_GAMMA, 2.4F}, {4, COLOUR_GAMMA, 2.2F}, {5, COLOUR_GAMMA, 2.8F},
        {6, COLOUR_GAMMA, 2.4F}, {7, COLOUR_SMPTE240, 0}, {8, COLOUR_GAMMA, 1},
        {13, COLOUR_SRGB, 0}, {14, COLOUR_GAMMA, 2.4F}, {15, COLOUR_GAMMA, 2.4F},
        {16, COLOUR_PQ, 0}, {17, COLOUR_SMPTE428, 0}, {18, COLOUR_HLG, 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].value != transfer)
            continue;
        ret->curve = known[i].curve;
        ret->gamma = known[i].gamma;
        return true;
    }
    return false;
}

/* ---- profiles of primaries and a curve ---- */

static cmsToneCurve *make_curve(const struct colour *c)
{
    /* lcms2's type 4: (aX+b)^g from d on, cX below. */
    static const cmsFloat64Number srgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    static const cmsFloat64Number smpte240[] = {
        1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 0.0912};
    /* Type 2: (aX+b)^g. SMPTE ST 428-1: 48 of 52.37 cd/m². */
    const cmsFloat64Number smpte428[] = {2.6, pow(52.37 / 48, 1 / 2.6), 0};
    switch ((enum colour_curve)c->curve) {
    case COLOUR_GAMMA:
        return cmsBuildGamma(NULL, (cmsFloat64Number)c->gamma);
    case COLOUR_SMPTE240:
        return cmsBuildParametricToneCurve(NULL, 4, smpte240);
    case COLOUR_SMPTE428:
        return cmsBuildParametricToneCurve(NULL, 2, smpte428);
    default:
        return cmsBuildParametricToneCurve(NULL, 4, srgb);
    }
}

static cmsCIExyY point(const float xy[2])
{
    return (cmsCIExyY){(cmsFloat64Number)xy[0], (cmsFloat64Number)xy[1], 1};
}

static cmsHPROFILE make_rgb(const struct colour *c, cmsToneCurve *curve)
{
    const cmsCIExyY white = point(c->white);
    const cmsCIExyYTRIPLE primaries = {point(c->red), point(c->green), point(c->blue)};
    cmsToneCurve *const curves[] = {curve, curve, curve};
    return curve ? cmsCreateRGBProfile(&white, &primaries, curves) : NULL;
}

/* ---- HDR ---- */

/* cd/m²: white (BT.2408), PQ's largest, and the brightest of the content. */
static const float white_nits = 203, pq_nits = 10000, content_nits = 1000;

/* SMPTE ST 2084: a number of 0..1 to light, in units of white. */
static float pq_light(float number)
{
    const float m1 = 2610 / 16384.F, m2 = 2523 / 4096.F * 128;
    const float c1 = 3424 / 4096.F, c2 = 2413 / 4096.F * 32, c3 = 2392 / 4096.F * 32;
    float power = powf(number, 1 / m2);
    return powf(fmaxf(power - c1, 0) / (c2 - c3 * power), 1 / m1) * (pq_nits / white_nits);
}

/* ITU-R BT.2100: a number of 0..1 to light of the scene, of 0..1. */
static float hlg_scene(float number)
{
    const float a = 0.17883277F, b = 0.28466892F, c = 0.55991073F;
    return number <= 0.5F ? number * number / 3 : (expf((number - c) / a) + b) / 12;
}

/* BT.2100's OOTF for a display of 1000 cd/m², from light of the scene in BT.2020. */
static void hlg_display(float rgb[3])
{
    const float gamma = 1.2F;
    float luminance = 0.2627F * rgb[0] + 0.6780F * rgb[1] + 0.0593F * rgb[2];
    float gain = luminance > 0 ? powf(luminance, gamma - 1) * (content_nits / white_nits) : 0;
    for (int i = 0; i < 3; i++)
        rgb[i] *= gain;
}

/*
 * The largest component after tone mapping, from that before it, both in units of white (ST
 * 2094-50, D.2 to D.5, for a display without headroom). Up to white it is halved; from there a
 * quadratic Bézier curve leads to the brightest of the content, which becomes the display's white.
 */
static float tone_map(float x)
{
    const float kappa = 0.65F, knee = 0.5F, x_end = content_nits / white_nits;
    if (x <= 1)
        return x * knee;
    if (x >= x_end)
        return 1;
    const float x_mid = (1 - kappa) + kappa / knee, y_mid = (1 - kappa) * knee + kappa;
    const float xa = 1 - 2 * x_mid + x_end, xb = 2 * (x_mid - 1);
    const float ya = knee - 2 * y_mid + 1, yb = 2 * (y_mid - knee);
    float t = (sqrtf(xb * xb + 4 * xa * (x - 1)) - xb) / (2 * xa);
    return knee + t * (yb + t * ya);
}

static float srgb_number(float light)
{
    if (light <= 0)
        return 0;
    if (light >= 1)
        return 1;
    return light <= 0.0031308F ? light * 12.92F : 1.055F * powf(light, 1 / 2.4F) - 0.055F;
}

/* Transforms of light: from the picture's primaries to BT.2020, in which tones are mapped, and from
 * there to sRGB's. */
struct hdr {
    const struct colour *colour;
    cmsHTRANSFORM to_2020, to_srgb;
};

static cmsInt32Number map_colour(const cmsUInt16Number in[], cmsUInt16Number out[], void *arg)
{
    const struct hdr *h = arg;
    float rgb[3];
    for (int i = 0; i < 3; i++) {
        float number = in[i] / 65535.F;
        rgb[i] = h->colour->curve == COLOUR_PQ ? pq_light(number) : hlg_scene(number);
    }
    cmsDoTransform(h->to_2020, rgb, rgb, 1);
    if (h->colour->curve == COLOUR_HLG)
        hlg_display(rgb);
    float most = fmaxf(fmaxf(rgb[0], rgb[1]), rgb[2]);
    float gain = most > 0 ? tone_map(most) / most : 0;
    for (int i = 0; i < 3; i++)
        rgb[i] *= gain;
    cmsDoTransform(h->to_srgb, rgb, rgb, 1);
    for (int i = 0; i < 3; i++)
        out[i] = (cmsUInt16Number)(srgb_number(rgb[i]) * 65535.F + 0.5F);
    return TRUE;
}

/* Between the light of two primaries. Light may be above 1 and below 0. */
static cmsHTRANSFORM between(const struct colour *from, const struct colour *to)
{
    cmsToneCurve *linear = cmsBuildGamma(NULL, 1);
    cmsHPROFILE a = make_rgb(from, linear), b = make_rgb(to, linear);
    cmsHTRANSFORM made = NULL;
    if (a && b)
        made = cmsCreateTransform(a, TYPE_RGB_FLT, b, TYPE_RGB_FLT, INTENT_RELATIVE_COLORIMETRIC,
            cmsFLAGS_NOCACHE | cmsFLAGS_NOOPTIMIZE);
    if (a)
        cmsCloseProfile(a);
    if (b)
        cmsCloseProfile(b);
    cmsFreeToneCurve(linear);
    return made;
}

static bool write_link(cmsHPROFILE link, const struct hdr *h)
{
    enum { GRID = 33 };
    cmsPipeline *pipeline = cmsPipelineAlloc(NULL, 3, 3);
    cmsStage *table = cmsStageAllocCLut16bit(NULL, GRID, 3, 3, NULL);
    bool ok = pipeline && table && cmsStageSampleCLut16bit(table, map_colour, (void *)h, 0);
    if (ok && (ok = cmsPipelineInsertStage(pipeline, cmsAT_END, table)))
        table = NULL; /* the pipeline's now */
    cmsSetProfileVersion(link, 4.3);
    cmsSetDeviceClass(link, cmsSigLinkClass);
    cmsSetColorSpace(link, cmsSigRgbData);
    cmsSetPCS(link, cmsSigRgbData);
    ok = ok && cmsWriteTag(link, cmsSigAToB0Tag, pipeline);
    if (table)
        cmsStageFree(table);
    if (pipeline)
        cmsPipelineFree(pipeline);
    return ok;
}

static cmsHPROFILE make_link(const struct colour *c)
{
    struct colour bt2020 = {0}, srgb = {0};
    colour_of_primaries(9, &bt2020);
    colour_of_primaries(1, &srgb);
    struct hdr h = {c, between(c, &bt2020), between(&bt2020, &srgb)};
    cmsHPROFILE link = h.to_2020 && h.to_srgb ? cmsCreateProfilePlaceholder(NULL) : NULL;
    if (link && !write_link(link, &h)) {
        cmsCloseProfile(link);
        link = NULL;
    }
    if (h.to_2020)
        cmsDeleteTransform(h.to_2020);
    if (h.to_srgb)
        cmsDeleteTransform(h.to_srgb);
    return link;
}

void *colour_profile(const struct colour *c)
{
    if (colour_is_hdr(c))
        return make_link(c);
    cmsToneCurve *curve = make_curve(c);
    cmsHPROFILE made = make_rgb(c, curve);
    cmsFreeToneCurve(curve);
    return made;
}
