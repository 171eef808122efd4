/* An encoder of GIFs for tests: LZW as in appendix F of GIF89a, with a dictionary that grows until
 * it is full. */
#ifndef IMAGE_TEST_GIF_H
#define IMAGE_TEST_GIF_H

#include "image/test_bodies.h"

#include <stdbool.h>
#include <stdint.h>

enum { GIF_CODES = 4096, GIF_CODE_BITS = 12 };

struct gif_encoder {
    unsigned data_bits;  /* of an index: 2 to 8; for one bit the standard has 2, too */
    bool keeps_full;     /* a full dictionary stays; else it is cleared and rebuilt */
    bool begins_unclear; /* without the customary first CLEAR */
    bool ends_open;      /* without the END */
    unsigned block;      /* bytes of a sub-block; 0: 255 */
    /* its own */
    struct buf bytes;
    uint32_t waiting;
    unsigned n_waiting, code_bits, next;
    uint16_t child[GIF_CODES][256]; /* the code of a string with one byte more; 0: none */
};

static inline void gif_put_code(struct gif_encoder *e, unsigned code)
{
    e->waiting |= code << e->n_waiting;
    for (e->n_waiting += e->code_bits; e->n_waiting >= 8; e->n_waiting -= 8, e->waiting >>= 8)
        put_le(&e->bytes, e->waiting & 0xFF, 1);
}

/* Resets the dictionary to strings of one byte. */
static inline void gif_forget(struct gif_encoder *e)
{
    memset(e->child, 0, e->next * sizeof *e->child);
    e->code_bits = e->data_bits + 1;
    e->next = (1u << e->data_bits) + 2;
}

/* Gives the string a code, if there is one left. The decoder is one string behind, and so is the
 * width of the next code. */
static inline void gif_learn(struct gif_encoder *e, unsigned code, uint8_t byte)
{
    if (e->next < GIF_CODES) {
        e->child[code][byte] = (uint16_t)e->next++;
        if (e->next > 1u << e->code_bits && e->code_bits < GIF_CODE_BITS)
            e->code_bits++;
    } else if (!e->keeps_full) {
        gif_put_code(e, 1u << e->data_bits);
        gif_forget(e);
    }
}

/* Appends the number of bits and the sub-blocks, including the empty one. */
static inline void gif_put_data(
    struct buf *b, struct gif_encoder *e, const uint8_t *indices, size_t n)
{
    gif_forget(e);
    if (!e->begins_unclear)
        gif_put_code(e, 1u << e->data_bits);
    for (size_t i = 0; i < n;) {
        unsigned code = indices[i++];
        while (i < n && e->child[code][indices[i]])
            code = e->child[code][indices[i++]];
        gif_put_code(e, code);
        if (i < n)
            gif_learn(e, code, indices[i]);
    }
    if (!e->ends_open) {
        /* as if there were one string more */
        if (e->next == 1u << e->code_bits && e->code_bits < GIF_CODE_BITS)
            e->code_bits++;
        gif_put_code(e, (1u << e->data_bits) + 1);
    }
    if (e->n_waiting)
        put_le(&e->bytes, e->waiting & 0xFF, 1);
    put_le(b, e->data_bits, 1);
    size_t block = e->block ? e->block : 255;
    for (size_t at = 0; at < e->bytes.len; at += block) {
        size_t len = e->bytes.len - at < block ? e->bytes.len - at : block;
        put_le(b, len, 1);
        put(b, e->bytes.data + at, len);
    }
    put(b, "", 1);
    buf_fini(&e->bytes);
    e->waiting = e->n_waiting = 0;
}

#endif
