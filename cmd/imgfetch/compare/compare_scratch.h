/*
 * Where a comparison writes: one directory that goes away with all that is in it, below
 * /dev/shm while there is room, else below $TMPDIR or the current directory.
 *
 * A round gets a new directory, and those of earlier rounds stay: deleting thousands of
 * files makes the next writer on ext4 many times slower. On tmpfs, where it costs
 * the next one nothing, they go when their memory is needed.
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
    unsigned removed; /* the first so many of them are gone */
    uint64_t largest; /* bytes that a round took at most */
    uint64_t free_before;
};

enum { SCRATCH_PATH_SIZE = PATH_MAX + 32 };

/* False: errno says why. */
bool compare_scratch_open(struct scratch *, bool may_be_tmpfs);

/* The path for the next round's output. */
void compare_scratch_next(struct scratch *, char out[SCRATCH_PATH_SIZE]);

/* After a round, from which the room it took is learnt. False: another one like it will not
 * fit any more; on tmpfs, earlier ones were removed to make room. */
bool compare_scratch_fits(struct scratch *);

void compare_scratch_close(struct scratch *); /* removes everything */

#endif
