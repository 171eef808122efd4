/*
 * A fuzz target: x_fuzz.c beside x.c, for libFuzzer (make fuzz). It passes one input to one parser
 * of untrusted bytes, and aborts if the result breaks a promise of the parser's header.
 */
#ifndef BASE_FUZZ_H
#define BASE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Called by libFuzzer. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Like assert(), but active in every build. */
static inline void fuzz_expect(int holds)
{
    if (!holds)
        abort();
}

#endif
