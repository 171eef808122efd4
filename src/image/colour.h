/*
 * From the colours a picture is stored in to RGB. For small pictures: a pixel at a time.
 */
#ifndef IMAGE_COLOUR_H
#define IMAGE_COLOUR_H

#include "image/picture.h"

/*
 * Makes a picture one plane of RGB; grey stays grey. The planes of YCbCr have
 * to be fine (resize.h), Cb and Cr as large as Y. CMYK is
 * taken for ideal inks: what a profile says about them is lost. False: no memory; the
 * picture is then as it was.
 */
bool colour_to_rgb(struct picture *);

#endif
