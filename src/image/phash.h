/*
 * A perceptual hash: pictures that look alike have hashes of which few bits differ. It is the DCT
 * hash of pHash: the picture as 32x32 pixels of grey, its discrete cosine transform, and a bit for
 * each of 8x8 low frequencies that says whether it is above their median. The constant terms are
 * left out, as pHash leaves them out; so a picture that changes in one direction only, or not at
 * all, has the hash 0. The first bit is the lowest.
 *
 * The transform is computed in integers, so it is the same on every machine. A pure computation.
 * Any thread.
 */
#ifndef IMAGE_PHASH_H
#define IMAGE_PHASH_H

#include "image/picture.h"

enum { PHASH_SIDE = 32 };

/* The hash of a picture in grey, RGB or YCbCr. background: what shows through where it is
 * transparent. False: no memory. */
bool phash_of(const struct picture *, const uint8_t background[3], uint64_t *ret);

/* Of PHASH_SIDE x PHASH_SIDE pixels of grey, row by row. */
uint64_t phash_of_grey(const uint8_t *grey);

/* In how many bits two hashes differ: the Hamming distance. */
static inline unsigned phash_distance(uint64_t a, uint64_t b)
{
    return (unsigned)__builtin_popcountll(a ^ b);
}

#endif
