#include "image/box.h"

enum { HEAD_SIZE = 8, LARGE_HEAD_SIZE = 16 };

static bool is_type(uint32_t type)
{
    for (int shift = 0; shift < 32; shift += 8)
        if ((type >> shift & 0xFF) < ' ' || (type >> shift & 0xFF) > '~')
            return false;
    return true;
}

bool box_next(struct reader *r, struct box *ret)
{
    if (reader_left(r) < HEAD_SIZE)
        return false;
    uint64_t head = HEAD_SIZE;
    uint64_t size = reader_be(r, 4);
    ret->type = reader_be(r, 4);
    if (!is_type(ret->type))
        return false;
    if (size == 1) {
        head = LARGE_HEAD_SIZE;
        size = (uint64_t)reader_be(r, 4) << 32;
        size |= reader_be(r, 4);
    } else if (size == 0) {
        size = head + reader_left(r); /* up to the end */
    }
    if (size < head)
        return false;
    ret->body = reader_part(r, size - head);
    return true;
}

struct reader box_find(struct reader r, const char type[5])
{
    struct box box;
    while (box_next(&r, &box))
        if (box.type == reader_tag(type))
            return box.body;
    return reader_of(r.end, 0);
}
