/*
 * Decoders that misbehave on request, for the tests (--test-faults, a hidden option). A body that
 * ends with the bytes
 *
 *     imgfetch-fault: NAME
 *
 * makes its decoder behave as one with a bug, or one that a hostile image has taken over. (With
 * --pool=inline or threads that is the main process.)
 * testfault.c has the names. Any other body is decoded normally.
 */
#ifndef CMD_TESTFAULT_H
#define CMD_TESTFAULT_H

#include <stddef.h>
#include <stdint.h>

/* Replaces thumb_work(); takes the same arg. */
size_t testfault_work(void *arg, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_size);

#endif
