/*
 * A fuzz target: x_fuzz.c beside x.c, for libFuzzer (make fuzz). It passes one input to one parser
 * of untrusted bytes, and aborts if the result breaks a promise of the parser's header.
 */
#ifndef BASE_FUZZ_H
#define BASE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Called by libFuzzer. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Like assert(), but active in every build. */
static inline void fuzz_expect(int holds)
{
    if (!holds)
        abort();
}

/* Inputs of several parts: each is a kind (one byte), a length (two, little-endian) and so many
 * bytes. The last one has what there is. */
struct fuzz_part {
    uint8_t kind;
    const uint8_t *bytes;
    size_t len;
};

/* Takes the next part of the input. False: there is none. */
static inline int fuzz_next(const uint8_t **data, size_t *left, struct fuzz_part *ret)
{
    if (*left < 3)
        return 0;
    size_t len = (*data)[1] | (size_t)(*data)[2] << 8;
    *ret = (struct fuzz_part){(*data)[0], *data + 3, len < *left - 3 ? len : *left - 3};
    *left -= 3 + ret->len;
    *data = ret->bytes + ret->len;
    return 1;
}

/* Of libFuzzer. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max_len);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max_len, unsigned seed);

/* For LLVMFuzzerCustomMutator(): changes one part, or its kind, and leaves the others whole. */
static inline size_t fuzz_mutate_part(uint8_t *data, size_t len, size_t max_len, unsigned seed)
{
    enum { PARTS = 64, KINDS = 16, LEN_MAX = 0xffff };
    struct fuzz_part parts[PARTS];
    const uint8_t *at = data;
    size_t left = len, n = 0, most;
    while (n < PARTS && fuzz_next(&at, &left, &parts[n]))
        n++;
    if (!n || seed % 4 == 0)
        return LLVMFuzzerMutate(data, len, max_len);
    const struct fuzz_part *part = &parts[seed / 4 % n];
    uint8_t *bytes = data + (part->bytes - data), *rest = bytes + part->len;
    size_t rest_len = (size_t)(data + len - rest);
    if (seed % 4 == 1) {
        bytes[-3] = (uint8_t)(seed >> 16) % KINDS;
        return len;
    }
    most = max_len - (size_t)(bytes - data) - rest_len;
    uint8_t *copy = malloc(rest_len + 1);
    fuzz_expect(copy != NULL && max_len >= len);
    memcpy(copy, rest, rest_len);
    size_t now = most ? LLVMFuzzerMutate(bytes, part->len, most < LEN_MAX ? most : LEN_MAX) : 0;
    bytes[-2] = (uint8_t)now;
    bytes[-1] = (uint8_t)(now >> 8);
    memcpy(bytes + now, copy, rest_len);
    free(copy);
    return (size_t)(bytes - data) + now + rest_len;
}

#endif
