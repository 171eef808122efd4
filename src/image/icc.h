/*
 * Embedded colour profiles: pixels from what a profile says to sRGB, by lcms2, with
 * perceptual intent and on the small picture.
 *
 * Profiles come from strangers: one that is broken, too long, or of another kind than the
 * picture is as good as none. What has been made of a profile is kept, of a few profiles, for
 * the next pictures that have the same one. Any thread.
 */
#ifndef IMAGE_ICC_H
#define IMAGE_ICC_H

#include "image/picture.h"

/* The longest profile that is looked at. Those of printing presses have 2 MB. */
enum { ICC_MAX_PROFILE = 4 << 20 };

struct icc_transform;

/*
 * How pixels of a picture of that model become sRGB: of grey, RGB or CMYK; YCC is taken for
 * RGB, into which it has to be turned first. NULL: they are sRGB already, or the profile
 * says nothing that can be used. Give it back with icc_release().
 */
struct icc_transform *icc_get(const uint8_t *profile, size_t len, enum picture_model, bool alpha);
void icc_release(struct icc_transform *); /* takes NULL */

/* Converts pixels, which have the model's channels, and alpha (which stays) if it was asked
 * for: grey stays grey, the rest becomes RGB. False: no memory. */
bool icc_apply(const struct icc_transform *, struct pixels *);

/* Makes and runs a transform, so that nothing lazy is left to a sandbox. */
void icc_warm_up(void);

#endif
