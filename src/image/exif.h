/*
 * Reads the orientation from EXIF. Looks only at the first directory (IFD0), in bounded steps. Any
 * thread.
 */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* `tiff` is the EXIF block from its "II" or "MM" on. 1..8 (EXIF 2.3, 4.6.4, tag 0x0112), or 0 if
 * it is missing or broken. */
uint8_t exif_orientation(const uint8_t *tiff, size_t len);

#endif
