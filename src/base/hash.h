/*
 * uthash (uthash.h describes its macros), for our own small objects. Without memory it aborts, like
 * base/mem.h; by itself it would exit.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdlib.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

#endif
