/*
 * The boxes of a row: parts of its picture that are to be blurred.
 *
 * A box is [x0, y0, x1, y1], from 0 to 1 of the picture as shown, with x0 <= x1 and y0 <= y1. Boxes
 * reach a decoder at the end of the body that it gets (boxes_write()). It checks them again.
 *
 * Plain data. Any thread.
 */
#ifndef INPUT_BOXES_H
#define INPUT_BOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BOXES_MAX = 256 };

struct boxes_box {
    double x0, y0, x1, y1;
};

struct boxes {
    uint32_t n; /* at most BOXES_MAX; 0: nothing is to be blurred */
    struct boxes_box at[];
};

/* Reads JSON like [[0.1,0.2,0.3,0.4]]; [] are no boxes. The caller frees the result. NULL: `why`
 * says what is wrong, as static text. */
struct boxes *boxes_parse(const char *text, size_t len, const char **why);

/* The most bytes that boxes_write() writes. */
enum { BOXES_SIZE_MAX = sizeof(uint32_t) + BOXES_MAX * sizeof(struct boxes_box) };

/* Returns the number of bytes written. */
size_t boxes_write(const struct boxes *, uint8_t out[BOXES_SIZE_MAX]);

/* Reads what boxes_write() has put at the end of `in`, and takes it off *len. The caller frees the
 * result. NULL: these are no valid boxes, or there is no memory. */
struct boxes *boxes_read(const uint8_t *in, size_t *len);

#endif
