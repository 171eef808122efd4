/* Reads the boxes of a container (ISO/IEC 14496-12, 4.2). Any thread. */
#ifndef IMAGE_BOX_H
#define IMAGE_BOX_H

#include "image/reader.h"

struct box {
    uint32_t type; /* see reader_tag() */
    struct reader body;
};

/* Reads the next box. False: none there. A truncated box sets r->ended; its body is what is there.
 */
bool box_next(struct reader *r, struct box *ret);

/* The first box of that type in `r`; empty if there is none. */
struct reader box_find(struct reader r, const char type[5]);

#endif
