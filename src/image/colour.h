/*
 * What the numbers of a picture mean where no profile says so: its primaries and the curve between
 * numbers and light. PNG and AVIF have such descriptions. Any thread.
 *
 * HDR pictures (PQ and HLG) are tone-mapped to the range of sRGB as Chromium does it: by the
 * reference white tone mapping of SMPTE ST 2094-50, annex D, for content of 1000 cd/m² with a
 * white of 203 cd/m² (ITU-R BT.2408).
 */
#ifndef IMAGE_COLOUR_H
#define IMAGE_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

enum colour_curve {
    COLOUR_NONE, /* nothing is described: sRGB */
    COLOUR_SRGB,
    COLOUR_GAMMA,
    COLOUR_SMPTE240,
    COLOUR_SMPTE428,
    COLOUR_PQ,
    COLOUR_HLG,
};

/* Zeroed: nothing is described. Without padding: two are the same if their bytes are. */
struct colour {
    uint32_t curve;                            /* enum colour_curve */
    float gamma;                               /* of COLOUR_GAMMA: light is number^gamma */
    float white[2], red[2], green[2], blue[2]; /* CIE 1931 x and y */
};

/* Values of ITU-T H.273, which PNG and AVIF use. False: unspecified, unknown, or not for RGB. */
bool colour_of_primaries(unsigned primaries, struct colour *ret);
bool colour_of_transfer(unsigned transfer, struct colour *ret);

static inline bool colour_is_hdr(const struct colour *c)
{
    return c->curve == COLOUR_PQ || c->curve == COLOUR_HLG;
}

/*
 * Makes an lcms2 profile (cmsHPROFILE), which the caller closes: of the colours, or, of HDR, a
 * device link from its RGB to sRGB. NULL: impossible primaries, or no memory.
 */
void *colour_profile(const struct colour *);

#endif
