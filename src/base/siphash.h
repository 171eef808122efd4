/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a hash for tables. Who does not know the key cannot
 * choose texts that collide. Any thread.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY = 16 /* bytes */ };

uint64_t siphash(const uint8_t key[SIPHASH_KEY], const void *bytes, size_t len);

/* 128 bits, low half first: for tables that keep no text to compare with. */
void siphash_128(const uint8_t key[SIPHASH_KEY], const void *bytes, size_t len, uint64_t ret[2]);

#endif
