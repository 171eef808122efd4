/*
 * Gaussian blur of a plane of numbers. Beyond an edge, the plane is its mirror image, in which the
 * last line is not repeated. Any thread.
 */
#ifndef IMAGE_GAUSS_H
#define IMAGE_GAUSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gauss_plane {
    float *data; /* rows without padding */
    uint32_t width, height;
};

/* How far a number reaches, in lines: 4 sigma, rounded up. */
uint32_t gauss_reach(double sigma);

/* Blurs the plane with sigma > 0. `room` holds as many numbers as the plane. Small sigmas use the
 * Gaussian itself; larger ones four running means, which take the same time whatever sigma is and
 * differ from it by less than 1 % of the height of a step. False: no memory; the plane is
 * unchanged.
 */
bool gauss_blur(struct gauss_plane *, double sigma, float *room);

#endif
