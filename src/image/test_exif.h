/* EXIF blocks for tests, with all tags that a row may have. */
#ifndef IMAGE_TEST_EXIF_H
#define IMAGE_TEST_EXIF_H

#include "image/test_bodies.h"

enum { TEST_ASCII = 2, TEST_SHORT = 3, TEST_LONG = 4, TEST_RATIONAL = 5 };

struct test_tag {
    unsigned tag, type, count;
    const char *text;    /* TEST_ASCII */
    uint32_t numbers[6]; /* else; two for each rational */
};

static inline void put_number(struct buf *b, bool big, uint64_t n, unsigned bytes)
{
    if (big)
        put_be(b, n, bytes);
    else
        put_le(b, n, bytes);
}

static inline void put_tag_value(struct buf *b, bool big, const struct test_tag *t)
{
    if (t->type == TEST_ASCII)
        put(b, t->text, t->count);
    for (unsigned i = 0; t->type != TEST_ASCII && i < t->count * (t->type == TEST_RATIONAL ? 2 : 1);
         i++)
        put_number(b, big, t->numbers[i], t->type == TEST_SHORT ? 2 : 4);
}

/* Appends a directory and its values to the block; returns its offset. */
static inline uint32_t put_directory(
    struct buf *block, bool big, const struct test_tag *tags, unsigned n)
{
    uint32_t at = (uint32_t)block->len, values_at = at + 2 + 12 * n + 4;
    struct buf values = {0};
    put_number(block, big, n, 2);
    for (unsigned i = 0; i < n; i++) {
        struct buf value = {0};
        put_tag_value(&value, big, &tags[i]);
        put_number(block, big, tags[i].tag, 2);
        put_number(block, big, tags[i].type, 2);
        put_number(block, big, tags[i].count, 4);
        if (value.len > 4) {
            put_number(block, big, values_at + values.len, 4);
            put(&values, value.data, value.len);
        } else {
            put(block, value.data, value.len);
            put(block, "\0\0\0\0", 4 - value.len);
        }
        buf_fini(&value);
    }
    put_number(block, big, 0, 4);
    put(block, values.data, values.len);
    buf_fini(&values);
    return at;
}

#define TEST_TEXT(tag, literal)                                                                    \
    {                                                                                              \
        (tag), TEST_ASCII, sizeof(literal), (literal),                                             \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* A block with these tags of the camera, of the picture and of the place. */
static inline void put_tags(struct buf *block, bool big, const struct test_tag *camera,
    unsigned n_camera, const struct test_tag *picture, unsigned n_picture,
    const struct test_tag *place, unsigned n_place)
{
    struct test_tag first[8];
    put(block, big ? "MM" : "II", 2);
    put_number(block, big, 42, 2);
    put_number(block, big, 0, 4);
    if (n_camera)
        memcpy(first, camera, n_camera * sizeof *camera);
    first[n_camera] = (struct test_tag){0x8769, TEST_LONG, 1, NULL, {0}};
    first[n_camera].numbers[0] = put_directory(block, big, picture, n_picture);
    first[n_camera + 1] = (struct test_tag){0x8825, TEST_LONG, 1, NULL, {0}};
    first[n_camera + 1].numbers[0] = put_directory(block, big, place, n_place);
    uint32_t at = put_directory(block, big, first, n_camera + 2);
    struct buf offset = {0};
    put_number(&offset, big, at, 4);
    memcpy(block->data + 4, offset.data, 4);
    buf_fini(&offset);
}

/* A block as a camera writes it: 1/250 s, f/2.8, ISO 400, 35 mm, in Paris. */
static inline void put_camera_exif(struct buf *block, bool big)
{
    static const struct test_tag camera[] = {
        TEST_TEXT(0x010F, "  Acme \0"), TEST_TEXT(0x0110, "Snap 9")};
    static const struct test_tag picture[] = {
        {0x829A, TEST_RATIONAL, 1, NULL, {10, 2500}},
        {0x829D, TEST_RATIONAL, 1, NULL, {28, 10}},
        {0x8827, TEST_SHORT, 1, NULL, {400}},
        TEST_TEXT(0x9003, "2024:05:01 12:34:56"),
        {0x920A, TEST_RATIONAL, 1, NULL, {35, 1}},
    };
    static const struct test_tag place[] = {
        TEST_TEXT(1, "N"),
        {2, TEST_RATIONAL, 3, NULL, {48, 1, 51, 1, 30, 1}},
        TEST_TEXT(3, "E"),
        {4, TEST_RATIONAL, 3, NULL, {2, 1, 17, 1, 402, 10}},
    };
    put_tags(block, big, camera, 2, picture, 5, place, 4);
}

#endif
