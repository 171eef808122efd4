/*
 * Reading foreign bytes without leaving them.
 *
 * A reader never moves past its end: a read that wants more than is left gives
 * zeros, moves to the end and sets `ended`, which stays set. So a run of reads
 * needs one check after it.
 */
#ifndef IMAGE_READER_H
#define IMAGE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const uint8_t *at, *end;
    bool ended; /* some read wanted more than was left */
};

/* data may be NULL where len is 0. */
static inline struct reader reader_of(const uint8_t *data, size_t len)
{
    return (struct reader){.at = data, .end = len ? data + len : data};
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

/* Moves on by n bytes and gives where they start; NULL where they are not all there. */
static inline const uint8_t *reader_take(struct reader *r, uint64_t n)
{
    if (n > reader_left(r)) {
        r->at = r->end;
        r->ended = true;
        return NULL;
    }
    const uint8_t *start = r->at;
    r->at += n;
    return start;
}

static inline void reader_skip(struct reader *r, uint64_t n)
{
    (void)reader_take(r, n);
}

/* The next n bytes, or those of them that are there, as a reader of their own. */
static inline struct reader reader_part(struct reader *r, uint64_t n)
{
    size_t left = reader_left(r);
    struct reader part = reader_of(r->at, n < left ? (size_t)n : left);
    reader_skip(r, n);
    return part;
}

/* True if the next bytes are these; does not move. */
static inline bool reader_sees(const struct reader *r, const void *bytes, size_t n)
{
    return reader_left(r) >= n && !memcmp(r->at, bytes, n);
}

static inline uint8_t reader_u8(struct reader *r)
{
    const uint8_t *p = reader_take(r, 1);
    return p ? *p : 0;
}

/* A number of n bytes, up to 4, the first of which is the highest (be) or the lowest (le). */
static inline uint32_t reader_be(struct reader *r, unsigned n)
{
    const uint8_t *p = reader_take(r, n);
    uint32_t value = 0;
    for (unsigned i = 0; p && i < n; i++)
        value = value << 8 | p[i];
    return value;
}

static inline uint32_t reader_le(struct reader *r, unsigned n)
{
    const uint8_t *p = reader_take(r, n);
    uint32_t value = 0;
    for (unsigned i = 0; p && i < n; i++)
        value |= (uint32_t)p[i] << 8 * i;
    return value;
}

/* Four letters as reader_be() reads them. */
static inline uint32_t reader_tag(const char letters[5])
{
    return (uint32_t)(uint8_t)letters[0] << 24 | (uint32_t)(uint8_t)letters[1] << 16 |
           (uint32_t)(uint8_t)letters[2] << 8 | (uint8_t)letters[3];
}

#endif
