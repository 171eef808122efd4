/*
 * Allocation that does not fail. Only for our own small objects: a size that
 * came from the network goes through struct buf, which can say no.
 *
 * Out of memory here means abort(): no caller could do anything better.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

void *mem_new(size_t size);                    /* zeroed; free() it */
void *mem_array(size_t n, size_t size);        /* zeroed; n * size may not overflow */
void *mem_grow(void *old, size_t size);        /* realloc: contents kept, new part not zeroed */
char *mem_dup(const char *text);               /* NULL gives NULL */
char *mem_dup_n(const char *text, size_t len); /* copies len bytes, adds a NUL */

/* Of what malloc gave, if it is large and is to be written from end to end: most of what that costs
 * is a page fault for every 4 KB that nobody has touched yet, and the kernel may give 2 MB at a
 * time where nothing else would share them (madvise(2), MADV_HUGEPAGE). No error if it does not. */
enum { MEM_LARGE = 4 << 20 };
void mem_want_huge(void *data, size_t size);

/* Tells malloc that bodies come and go all the time (mallopt(3)): the heap grows and shrinks by
 * megabytes, and only what is larger than most images is mapped. Once, before any thread. */
void mem_tune(void);

/* Makes malloc serve the calling thread `size` more bytes without a system call, and in huge pages
 * as above: its heap grows now, by one free block of which no page is touched, and never shrinks.
 * Another thread has another heap, which grows to 64 MB at most (malloc(3), arenas). What is larger
 * than mem_tune() says is still mapped. False: there is no room, and nothing is reserved. */
bool mem_reserve_heap(size_t size);

#endif
