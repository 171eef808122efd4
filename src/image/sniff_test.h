/* For the tests of the header readers. */
#ifndef IMAGE_SNIFF_TEST_H
#define IMAGE_SNIFF_TEST_H

#include "base/test.h"
#include "image/image.h"
#include "image/test_bodies.h"

#include <sys/mman.h>

static struct image_info info;
static char message[IMAGE_MESSAGE_SIZE];

/* Copies the bytes to the end of a page, so that reading beyond them crashes. */
static inline uint8_t *at_the_edge(const void *bytes, size_t len)
{
    enum { ROOM = 1 << 20, GUARD = 1 << 16 };
    static uint8_t *edge;
    if (!edge) {
        void *room =
            mmap(NULL, ROOM + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ck_assert(room != MAP_FAILED);
        edge = (uint8_t *)room + ROOM;
        ck_assert_int_eq(mprotect(edge, GUARD, PROT_NONE), 0);
    }
    ck_assert_uint_le(len, ROOM);
    return memcpy(edge - len, bytes, len);
}

static inline enum err sniff_bytes(const void *bytes, size_t len)
{
    memset(message, 0, sizeof message);
    enum err err = image_sniff(at_the_edge(bytes, len), len, &info, message);
    ck_assert(err == ERR_OK || message[0]);
    return err;
}

static inline enum err sniff(const struct buf *b)
{
    return sniff_bytes(b->data, b->len);
}

static inline void check_info(
    enum image_format format, uint32_t width, uint32_t height, unsigned orientation, bool truncated)
{
    ck_assert_int_eq(info.format, format);
    ck_assert_uint_eq(info.width, width);
    ck_assert_uint_eq(info.height, height);
    ck_assert_uint_eq(info.orientation, orientation);
    ck_assert_int_eq(info.truncated, truncated);
}

static inline void check_size(const struct buf *b, uint32_t width, uint32_t height)
{
    ck_assert_int_eq(sniff(b), ERR_OK);
    ck_assert_uint_eq(info.width, width);
    ck_assert_uint_eq(info.height, height);
}

static inline void check_broken(const void *bytes, size_t len, const char *why)
{
    ck_assert_int_eq(sniff_bytes(bytes, len), ERR_DECODE_ERROR);
    ck_assert_str_eq(message, why);
}

#endif
