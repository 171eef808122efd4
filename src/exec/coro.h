/*
 * Stackful coroutines: functions that can stop in the middle, return to the function
 * that resumed them, and continue later where they stopped.
 *
 * A coroutine runs on its own stack, between guard pages: a stack overflow is a crash,
 * never a silent corruption. A switch saves and restores the registers that a
 * function call must preserve (System V ABI). It takes some nanoseconds and no system call.
 *
 * Always true: a coroutine runs only inside coro_resume(), on the thread that calls it.
 * Resuming does not nest: a coroutine does not resume another one.
 */
#ifndef EXEC_CORO_H
#define EXEC_CORO_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a stack, without its guard page. Only pages that were touched take memory. */
enum { CORO_STACK_SIZE = 64 * 1024 };

struct coro;

/* Does not run yet. NULL: no memory or no more mappings (vm.max_map_count). */
struct coro *coro_new(void (*body)(void *arg), void *arg);

/* Runs it until it yields or its body returns. Not when it has ended. */
void coro_resume(struct coro *);

/* From inside: returns to coro_resume(). Returns here when the coroutine is resumed again. */
void coro_yield(void);

bool coro_has_ended(const struct coro *);

/* It has ended, or was never resumed. */
void coro_free(struct coro *);

#endif
