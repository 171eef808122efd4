/*
 * Converts pixels from an embedded profile, or from the colours that the file describes, to sRGB,
 * by lcms2, with perceptual intent, on the resized picture.
 *
 * Profiles are untrusted: one that is broken, too long, or of another kind than the picture is
 * ignored; but the curves of an RGB profile count for a grey picture. The transforms of a few
 * profiles are cached for later pictures with the same profile. Any thread.
 */
#ifndef IMAGE_ICC_H
#define IMAGE_ICC_H

#include "image/picture.h"

struct icc_transform;

/*
 * Returns the transform to sRGB for pictures of that model: grey, RGB or CMYK. YCC uses the one for
 * RGB, so convert it to RGB first. NULL: the pixels are sRGB already, or the profile is unusable.
 * icc_release() it.
 */
struct icc_transform *icc_get(const uint8_t *profile, size_t len, enum picture_model, bool alpha);
/* The same for the colours that a file without a profile describes. */
struct icc_transform *icc_of_colour(const struct colour *, enum picture_model, bool alpha);
void icc_release(struct icc_transform *); /* takes NULL */

/* True if the picture's numbers are those of sRGB: it is no CMYK, and its profile or what its file
 * says of its colours is usable and changes nothing, or is not there. */
bool icc_is_srgb(const struct picture *);

/* Converts pixels with the model's channels, plus alpha if requested, which is kept. Grey stays
 * grey, the rest becomes RGB. False: no memory. */
bool icc_apply(const struct icc_transform *, struct pixels *);

/* Makes and runs a transform, so that all lazy initialisation is done before the sandbox starts. */
void icc_warm_up(void);

#endif
