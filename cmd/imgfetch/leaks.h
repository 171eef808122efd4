/*
 * Finds leaked descriptors, threads and child processes. Builds for finding bugs (debug, asan,
 * tsan) check it at the end of each run.
 */
#ifndef CMD_LEAKS_H
#define CMD_LEAKS_H

#include <stdbool.h>

struct leaks {
    unsigned descriptors, threads;
};

/* Counts what there is now. The two folders of /proc that tell it stay open. */
void leaks_note(struct leaks *ret);

/* True if there is no more than `before`, and no child. False: `message` (LEAKS_MESSAGE_SIZE) says
 * what is left. */
enum { LEAKS_MESSAGE_SIZE = 200 };
bool leaks_none(const struct leaks *before, char *message);

/* Aborts if there is more, or if handles were left on the loop, and says so. */
void leaks_check(const struct leaks *before, bool loop_is_busy);

#endif
