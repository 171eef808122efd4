/*
 * A fuzz target: x_fuzz.c beside x.c, for libFuzzer (make fuzz). It hands one input to one reader
 * of foreign bytes, and aborts when what comes back breaks what the reader's header promises.
 */
#ifndef BASE_FUZZ_H
#define BASE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What libFuzzer calls. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Unlike assert(), in every build. */
static inline void fuzz_expect(int holds)
{
    if (!holds)
        abort();
}

#endif
