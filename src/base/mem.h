/*
 * Allocation that does not fail. Only for our own small objects: sizes that come from the network
 * use struct buf, which can fail.
 *
 * Aborts when out of memory: no caller could do anything better.
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
void mem_must(bool made); /* aborts if not: for a library's call that fails only without memory */

/* Asks for huge pages (madvise(2), MADV_HUGEPAGE) for memory from malloc() that is at least
 * MEM_LARGE and will be written from end to end. Most of the cost of writing it is a page fault
 * for each fresh 4 KB page; a huge page needs one for 2 MB. Only huge pages that lie wholly
 * inside are asked for. Best effort: never an error. */
enum { MEM_LARGE = 4 << 20 };
void mem_want_huge(void *data, size_t size);

/* Tunes malloc (mallopt(3)) for bodies that are allocated and freed all the time: the heap grows
 * and shrinks by megabytes, and only blocks larger than most images are mapped. Call once,
 * before any thread starts. */
void mem_tune(void);

/* Lets malloc serve the calling thread `size` more bytes without a system call, in huge pages as
 * above. The thread's heap grows now, by one free block of untouched pages, and never shrinks.
 * Each thread has its own heap, which grows to 64 MB at most (malloc(3), arenas). Blocks above
 * the limit set by mem_tune() are still mapped. False: no room, and nothing is reserved. */
bool mem_reserve_heap(size_t size);

/* For a process that forks many short-lived children. What it allocates and frees between the two
 * calls leaves few dirty pages behind, which each fork and each child's first write would have to
 * copy. After the second one, large blocks of a child come from untouched pages at the start of a
 * huge page. Call mem_tune() before. */
void mem_begin_warm_up(void);
void mem_end_warm_up(void);

#endif
