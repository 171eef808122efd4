/*
 * A thumbnail spec of --thumb, and its geometry.
 *
 *   256       longest side 256          256x192   a box
 *   512x      width 512                 x512      height 512
 * then `:MODE` -
 *   fit    inside the box, ratio kept (default)
 *   cover  fills the box, ratio kept, the overhang cut off evenly
 *   pad    fit, then centred and padded to the box with the background
 *   exact  the box, ratio ignored
 *   short  the shortest side has the box's size
 * With one number, cover, pad, exact and short have a square box; they do not allow a free side.
 * With two numbers, short makes no side smaller than that of the box.
 */
#ifndef IMAGE_THUMBSPEC_H
#define IMAGE_THUMBSPEC_H

#include <stdbool.h>
#include <stdint.h>

enum thumb_mode { THUMB_FIT, THUMB_COVER, THUMB_PAD, THUMB_EXACT, THUMB_SHORT };

enum { THUMBSPEC_NAME_SIZE = 32, THUMBSPEC_MAX_SIDE = 16384 };

struct thumbspec {
    uint32_t width, height; /* the box; 0: that side is free (512x, x512) */
    enum thumb_mode mode;
    char name[THUMBSPEC_NAME_SIZE]; /* "256", "256x192-cover": the folder and the manifest's `spec`
                                     */
};

extern const char *const thumbspec_modes[]; /* their names, ending with NULL */
extern const char thumbspec_bad_mode[];     /* the message about a word behind ':' that is none */

/* False: not a spec (message says why, static text). */
bool thumbspec_parse(const char *text, struct thumbspec *ret, const char **message);

/*
 * The geometry of a thumbnail. The source (upright, after orientation) is cropped to the crop box,
 * resized to width x height, and put at (left, top) on a canvas.
 */
struct thumb_layout {
    double crop_x, crop_y, crop_width, crop_height; /* in source pixels */
    uint32_t width, height;                         /* of the resized part, at least 1 */
    uint32_t canvas_width, canvas_height;           /* of the thumbnail */
    uint32_t left, top;
};

/* What becomes of a picture that is smaller than the box. */
enum thumb_scaling {
    /* Nothing is enlarged: fit, short, free sides and exact stop at the source's size; cover cuts
     * each side that is larger than the box and leaves the other (1000x50 into 256:cover is
     * 256x50); pad centres the small image on the full box. */
    THUMB_AT_MOST,
    THUMB_UPSCALE,     /* it is enlarged; no side exceeds THUMBSPEC_MAX_SIDE */
    THUMB_ONLY_SHRINK, /* as AT_MOST, but what is not shrunk is not padded and not cut, either */
};

/* Computes the layout. The side that follows from the ratio is rounded to the nearest pixel, and is
 * at least 1. A half is rounded up with AT_MOST; with the others to the even side, computed as
 * img2dataset does, so that sizes agree with its (resize_only_if_bigger is ONLY_SHRINK). */
void thumbspec_layout(const struct thumbspec *, uint32_t source_width, uint32_t source_height,
    enum thumb_scaling, struct thumb_layout *ret);

#endif
