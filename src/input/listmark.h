/*
 * Tells a list from another one without reading all of it: its absolute path, its size, and the
 * SHA-256 of its first bytes. What an output directory notes about the lists it was made from
 * (store/outdir.h).
 *
 * Standard input, pipes and other things that are no regular file cannot be told apart. A URL that
 * is given as a list is told apart by its text. Any thread; blocks.
 */
#ifndef INPUT_LISTMARK_H
#define INPUT_LISTMARK_H

#include <stdint.h>

enum { LISTMARK_HEAD = 64 << 10, /* bytes that are hashed */ LISTMARK_HASH_SIZE = 65 };

struct listmark {
    char *path;                    /* absolute; "-" and URLs stay as they are; owned */
    int64_t size;                  /* bytes; -1: no regular file, or none that can be read */
    char head[LISTMARK_HASH_SIZE]; /* in hex, of at most LISTMARK_HEAD bytes; "": size is -1 */
};

enum listmark_change {
    LISTMARK_SAME,
    LISTMARK_GROWN, /* as far as can be seen, something was added at its end */
    LISTMARK_OTHER,
    LISTMARK_GONE,    /* it cannot be opened; errno says why */
    LISTMARK_UNKNOWN, /* it cannot be told */
};

/* Fills *ret, also if there is no such file. Call listmark_fini() afterwards. */
void listmark_take(const char *path, struct listmark *ret);
void listmark_fini(struct listmark *);

/* How the list at `path` compares with the one that was marked, which may be another file. */
enum listmark_change listmark_compare(const struct listmark *, const char *path);

#endif
