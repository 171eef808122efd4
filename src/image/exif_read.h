/*
 * Reads the tags of a row from an image, by libexif: JPEG, PNG, WebP and AVIF. It parses untrusted
 * bytes, and may have bugs: it runs only in a worker of the process pool.
 */
#ifndef IMAGE_EXIF_READ_H
#define IMAGE_EXIF_READ_H

#include "image/image.h"
#include "input/exiftags.h"

/* False: this build has no libexif, and exif_read() finds nothing. */
bool exif_read_is_there(void);

/* Fills ret with what is there, which is sound. `info`: from image_sniff() of that body. gps: also
 * where the picture was taken. */
void exif_read(
    const struct image_info *info, const uint8_t *body, size_t len, bool gps, struct exiftags *ret);

#endif
