/*
 * The memory one worker shares with the main process: a header page, an input
 * area, an output area.
 *
 * Always true:
 * - It is a memfd sealed against any change of size, so that no one can pull pages
 *   from under the other side (SIGBUS), and its descriptor is closed: the
 *   mapping is inherited by fork and in no other way. A memfd and not an
 *   anonymous mapping, because only the pages in use count as committed.
 * - The main process writes the input and its length, the worker the output
 *   and its length. Whoever may call what stands beside the call.
 * - Turns are taken by bytes on the worker's socket, which also order the memory.
 * - The worker can write anywhere in it at any time. So the main process reads only numbers of
 * which every bit pattern is a value (a bool is none), each once, and what it gives back to the
 * system depends on no number of the worker's.
 *
 * struct slot itself is private to each process.
 */
#ifndef EXEC_SLOT_H
#define EXEC_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
    uint8_t *base;
    size_t in_size, out_size; /* of the areas, in whole pages */
};

/* Zeroed areas for max_in and max_out bytes. False: errno says why. */
bool slot_init(struct slot *, size_t max_in, size_t max_out);
void slot_fini(struct slot *);

/* Whether children forked from here on get the mapping; at first they do. */
void slot_inherit(struct slot *);
void slot_do_not_inherit(struct slot *);

uint8_t *slot_in(const struct slot *);
uint8_t *slot_out(const struct slot *);

/* Main process: copies the input in. len is at most max_in. */
void slot_put(struct slot *, const uint8_t *in, size_t len);
/* Worker: it begins with the input, and may be blamed for what happens from here on. */
void slot_take(struct slot *);
size_t slot_in_len(const struct slot *);
void slot_set_out_len(struct slot *, size_t len);
/* Main process: what the worker wrote, which may be anything. Reads it once. */
size_t slot_out_len(const struct slot *);
/* Main process, when the worker is dead: whether it had begun with the input. A lie that says no
 * makes another worker do the same task. */
bool slot_was_taken(const struct slot *);

/* Worker: where it counts how far it is with its task; 0 at first. Main process: what it has
 * counted, which may be anything. */
atomic_ullong *slot_progress(const struct slot *);

/* Worker: its sandbox refused this system call. Main process, when it is dead: which call it was,
 * or -1; the number may be anything. */
void slot_set_refused(struct slot *, int call);
int slot_refused(const struct slot *);

/* Main process, after a task: gives what the two areas hold beyond their first megabyte
 * back to the system, but keeps `in_len` bytes of input that wait there. */
void slot_trim(struct slot *, size_t in_len);
/* Main process, without a worker: gives all back; the areas read as zero. */
void slot_clear(struct slot *);

#endif
