/*
 * The directory that a comparison writes to and removes at its end. It is below /dev/shm while
 * there is room, else below $TMPDIR or the current directory.
 *
 * Each round gets a new directory, and those of earlier rounds stay: deleting thousands of
 * files makes the next writer on ext4 many times slower. On tmpfs deleting is cheap, so they
 * are removed when their memory is needed.
 */
#ifndef CMD_COMPARE_SCRATCH_H
#define CMD_COMPARE_SCRATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct scratch {
    char path[PATH_MAX];
    bool on_tmpfs;
    unsigned rounds;  /* directories made */
    unsigned removed; /* how many of the first ones are removed */
    uint64_t largest; /* bytes of the largest round */
    uint64_t free_before;
};

enum { SCRATCH_PATH_SIZE = PATH_MAX + 32 };

/* False: errno says why. */
bool compare_scratch_open(struct scratch *, bool may_be_tmpfs);

/* Gives the path for the next round's output. */
void compare_scratch_next(struct scratch *, char out[SCRATCH_PATH_SIZE]);

/* Measures the room that the round just finished took. False: another one like it will not
 * fit. On tmpfs it removes earlier rounds to make room. */
bool compare_scratch_fits(struct scratch *);

void compare_scratch_close(struct scratch *); /* removes everything */

#endif
