/*
 * Converts a picture's stored colours to RGB, one pixel at a time: for small pictures.
 */
#ifndef IMAGE_COLOUR_H
#define IMAGE_COLOUR_H

#include "image/picture.h"

/*
 * Converts a picture to one plane of RGB; grey stays grey. Planes of YCbCr must be fine (resize.h),
 * with Cb and Cr as large as Y. CMYK is converted as ideal inks, without a profile. False: no
 * memory; the picture is unchanged.
 */
bool colour_to_rgb(struct picture *);

#endif
