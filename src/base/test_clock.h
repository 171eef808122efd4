/* A clock that stands still until the test moves it. Including this header replaces clock_ns()
 * in the test program. Only the thread that sets the clock sees it; other threads see the real
 * time. */
#ifndef BASE_TEST_CLOCK_H
#define BASE_TEST_CLOCK_H

#include "base/clock.h"

#include <time.h>

static _Thread_local uint64_t test_clock_ns; /* 0: the real time */

uint64_t clock_ns(void)
{
    struct timespec t;
    if (test_clock_ns)
        return test_clock_ns;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline void test_clock_set(uint64_t ns)
{
    test_clock_ns = ns;
}

static inline void test_clock_pass_ms(uint64_t ms)
{
    test_clock_ns += ms * 1000000;
}

#endif
