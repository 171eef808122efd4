/*
 * Libraries that are loaded by those who need them, and not by the dynamic linker at every start:
 * some bring so many others that these take longer than the run of a short list.
 */
#ifndef BASE_SHAREDLIB_H
#define BASE_SHAREDLIB_H

#include <stdbool.h>
#include <stddef.h>

struct sharedlib_call {
    const char *name; /* of a function */
    void *at;         /* a pointer to a function of its type, which is set */
};

/* Loads it for good. False: it or one of the functions is not there, and `reason`
 * (SHAREDLIB_REASON_SIZE) says why. */
enum { SHAREDLIB_REASON_SIZE = 128 };
bool sharedlib_load(const char *soname, const struct sharedlib_call *calls, size_t n, char *reason);

#endif
