/*
 * Decoders that misbehave when they are asked to, for the tests: --test-faults, an option that no
 * help mentions. Then a body that ends with the bytes
 *
 *     imgfetch-fault: NAME
 *
 * makes who decodes it do what a decoder does that has a bug, or that a stranger's image has taken
 * over. The names stand in testfault.c. Any other body is decoded as always.
 */
#ifndef CMD_TESTFAULT_H
#define CMD_TESTFAULT_H

#include <stddef.h>
#include <stdint.h>

/* In the place of thumb_work(), with the same arg. */
size_t testfault_work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size);

#endif
