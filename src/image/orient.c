#include "image/orient.h"

#include <string.h>

/*
 * Maps an upright pixel to its stored position: swap x and y, then mirror x, then mirror y, as the
 * flags say. EXIF 2.3, 4.6.4, tag 0x0112.
 */
static const struct {
    bool swap, from_right, from_bottom;
} ways[9] = {
    [2] = {false, true, false},
    [3] = {false, true, true},
    [4] = {false, false, true},
    [5] = {true, false, false},
    [6] = {true, false, true},
    [7] = {true, true, true},
    [8] = {true, true, false},
};

bool orient_swaps(uint8_t orientation)
{
    return ways[orientation].swap;
}

struct pixels_box orient_to_stored(
    uint8_t orientation, struct pixels_box upright, uint32_t width, uint32_t height)
{
    struct pixels_box box = upright;
    if (ways[orientation].swap)
        box = (struct pixels_box){upright.y, upright.x, upright.height, upright.width};
    if (ways[orientation].from_right)
        box.x = width - box.x - box.width;
    if (ways[orientation].from_bottom)
        box.y = height - box.y - box.height;
    return box;
}

bool orient_turn(uint8_t orientation, struct pixels *p)
{
    if (orientation == 1)
        return true;
    bool swap = ways[orientation].swap;
    struct pixels turned;
    if (!pixels_init(
            &turned, swap ? p->height : p->width, swap ? p->width : p->height, p->channels))
        return false;
    for (uint32_t y = 0; y < turned.height; y++) {
        uint8_t *to = pixels_row(&turned, y);
        for (uint32_t x = 0; x < turned.width; x++, to += p->channels) {
            uint32_t from_x = swap ? y : x;
            uint32_t from_y = swap ? x : y;
            if (ways[orientation].from_right)
                from_x = p->width - 1 - from_x;
            if (ways[orientation].from_bottom)
                from_y = p->height - 1 - from_y;
            memcpy(to, pixels_row(p, from_y) + (size_t)from_x * p->channels, p->channels);
        }
    }
    pixels_fini(p);
    *p = turned;
    return true;
}
