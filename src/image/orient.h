/*
 * Turns a picture from its stored orientation to upright, as shown: EXIF's eight orientations,
 * 1..8.
 */
#ifndef IMAGE_ORIENT_H
#define IMAGE_ORIENT_H

#include "image/pixels.h"

/* True for 5..8, which swap width and height. */
bool orient_swaps(uint8_t orientation);

/* Converts a box of the upright picture to the stored one, which has the given size. */
struct pixels_box orient_to_stored(
    uint8_t orientation, struct pixels_box upright, uint32_t width, uint32_t height);

/* Turns a stored picture upright, in place or into new memory. False: no memory; the picture is
 * unchanged. */
bool orient_turn(uint8_t orientation, struct pixels *);

#endif
