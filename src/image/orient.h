/*
 * From the picture as stored to the picture as shown: EXIF's eight orientations.
 * "Upright" is as shown. Orientation is 1..8.
 */
#ifndef IMAGE_ORIENT_H
#define IMAGE_ORIENT_H

#include "image/pixels.h"

/* True for 5..8: width and height change places. */
bool orient_swaps(uint8_t orientation);

/* Where an upright box lies in the stored picture of that (stored) size. */
struct pixels_box orient_to_stored(
    uint8_t orientation, struct pixels_box upright, uint32_t width, uint32_t height);

/* Turns a stored picture upright, in place or into new memory. False: no memory;
 * the picture is then as it was. */
bool orient_turn(uint8_t orientation, struct pixels *);

#endif
