/*
 * Bodies that can be stored as their own thumbnails (--skip-reencode), so far as their structure
 * says: a whole file with one upright picture of 8 bits a sample, without metadata and without
 * anything after its end.
 *
 * - JPEG: baseline or progressive, coded by Huffman, with no segments but tables, frame, scans and
 *   restart intervals, JFIF without a preview, an Adobe marker, and a profile.
 * - PNG: no chunks but IHDR, PLTE, tRNS, IDAT and IEND, what describes colours and density (sRGB,
 *   gAMA, cHRM, cICP, iCCP, sBIT, pHYs). All checksums are right.
 * - WebP: one picture, perhaps with alpha and a profile.
 *
 * Colours and damage inside the picture are the decoder's to judge. Like image_sniff(): headers
 * only, in linear time, without allocating. Any thread.
 */
#ifndef IMAGE_BARE_H
#define IMAGE_BARE_H

#include "image/image.h"

struct bare {
    uint32_t width, height;
    bool has_profile; /* ICC */
};

/* False: it is not such a file, or not of that format. */
bool bare_read(const uint8_t *body, size_t len, enum image_format, struct bare *ret);

#endif
