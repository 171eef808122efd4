#include "base/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static uint64_t read_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

static inline __attribute__((always_inline)) void mix(struct state *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static void add_word(struct state *s, uint64_t word)
{
    s->d ^= word;
    mix(s);
    mix(s);
    s->a ^= word;
}

/* What differs between 64 and 128 bits: one constant before the text and one after it. */
static struct state add_text(
    const uint8_t key[SIPHASH_KEY], const void *bytes, size_t len, uint8_t before, uint8_t after)
{
    const uint8_t *at = bytes, *end = at + len - len % 8;
    uint64_t k0 = read_word(key), k1 = read_word(key + 8), last = (uint64_t)len << 56;
    struct state s = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
        k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    s.b ^= before;
    for (; at < end; at += 8)
        add_word(&s, read_word(at));
    for (unsigned i = 0; i < len % 8; i++)
        last |= (uint64_t)end[i] << 8 * i;
    add_word(&s, last);
    s.c ^= after;
    return s;
}

static inline uint64_t take_word(struct state *s)
{
    for (int i = 0; i < 4; i++)
        mix(s);
    return s->a ^ s->b ^ s->c ^ s->d;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY], const void *bytes, size_t len)
{
    struct state s = add_text(key, bytes, len, 0, 0xff);
    return take_word(&s);
}

void siphash_128(const uint8_t key[SIPHASH_KEY], const void *bytes, size_t len, uint64_t ret[2])
{
    struct state s = add_text(key, bytes, len, 0xee, 0xee);
    ret[0] = take_word(&s);
    s.b ^= 0xdd;
    ret[1] = take_word(&s);
}
