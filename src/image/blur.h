/*
 * Blurs parts of a picture, so that nobody is recognised there: as img2dataset's blurrer does,
 * whose data sets others compare with.
 *
 * The part is the box grown on each side by a tenth of its longer side. All of the picture's boxes
 * are blurred with one Gaussian, whose sigma is a tenth of the longest side of any of them, and the
 * edge of each part is blurred with it. (A part at the picture's edge is blurred here; img2dataset
 * 1.47 leaves it as it is.) Any thread.
 */
#ifndef IMAGE_BLUR_H
#define IMAGE_BLUR_H

#include "image/pixels.h"
#include "input/boxes.h"

/* Where the pixels are in the whole picture: its size, and the place of their corner in it. Both
 * in pixels of their scale. */
struct blur_place {
    double width, height, left, top;
};

/* Boxes outside the pixels change nothing; beyond an edge the pixels count as mirrored. Takes time
 * that grows with the pixels, not with the boxes' size. max_memory: bytes; 0: any. False: no
 * memory; the pixels are unchanged. */
bool blur_boxes(
    struct pixels *, const struct boxes *, const struct blur_place *, uint64_t max_memory);

#endif
