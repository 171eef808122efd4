/*
 * A decoded picture: planes in the stored colours, perhaps smaller than the image, with the
 * embedded profile. Not turned upright.
 *
 * When a decoder shrinks, the image may end between samples: a JPEG of 1003 columns shrunk by 8 has
 * planes of 126 samples, and the image ends at 125.375. That is the plane's extent; samples beyond
 * it are padding.
 *
 * Zeroed is empty.
 */
#ifndef IMAGE_PICTURE_H
#define IMAGE_PICTURE_H

#include "image/colour.h"
#include "image/pixels.h"

enum picture_model {
    PICTURE_GREY, /* one plane: 1 channel, or 2 with alpha */
    PICTURE_RGB,  /* one plane: 3 channels, or 4 with alpha */
    PICTURE_YCC,  /* Y, Cb, Cr, 1 channel each (resized to be made RGB of: 2, see resize.h), full
                   * range as in JFIF; Cb and Cr may be smaller, and then lie evenly between the
                   * samples of Y */
    PICTURE_CMYK, /* one plane: 4 channels, 255 is all ink */
};

enum {
    PICTURE_PLANES = 3,
    PICTURE_ICC_MAX = 4 << 20, /* the longest profile that is used. Those of presses have 2 MB */
};

/* Where the image ends in a plane, in samples: above 0, at most the plane's size. */
struct picture_extent {
    double width, height;
    /* The plane is stored with half as many samples as the image. Other programs enlarge it
     * linearly to make RGB, and the thumbnail must look as if we had done so, too. */
    bool half_across, half_down;
};

struct picture {
    enum picture_model model;
    uint32_t width, height;               /* of the whole image; planes may be smaller */
    struct pixels planes[PICTURE_PLANES]; /* owned */
    struct picture_extent extents[PICTURE_PLANES];
    uint8_t *icc; /* the embedded profile; owned; NULL: none, and `colour` counts */
    size_t icc_len;
    struct colour colour;
};

/* Makes a picture of one plane at full size, and takes ownership of it: grey or RGB by its
 * channels. */
struct picture picture_of(struct pixels);
void picture_fini(struct picture *);

/* Copies an embedded profile, if it is not longer than any that is used and there is memory. */
void picture_set_icc(struct picture *, const uint8_t *profile, size_t len);

static inline unsigned picture_n_planes(const struct picture *p)
{
    return p->model == PICTURE_YCC ? PICTURE_PLANES : 1;
}

static inline bool picture_has_alpha(const struct picture *p)
{
    return (p->model == PICTURE_GREY || p->model == PICTURE_RGB) && pixels_has_alpha(p->planes);
}

/* True if two planes have the same size and extent. */
bool picture_alike(const struct picture *, unsigned a, unsigned b);

/* Converts a box in the whole image to one in a plane. */
struct pixels_box picture_box_in(
    const struct picture *, unsigned plane, const struct pixels_box *in_image);

/* Converts a small picture to one plane of RGB; grey stays grey. Planes of YCbCr must be fine
 * (resize.h), with Cb and Cr as large as Y. CMYK is converted as ideal inks, without a profile.
 * False: no memory; the picture is unchanged. */
bool picture_to_rgb(struct picture *);

#endif
