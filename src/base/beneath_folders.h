/*
 * A few open folders beneath a directory (base/beneath.h), so that files that are written into the
 * same folders one after another need not look for them again: finding a folder that is open costs
 * no system call. The folder that was not used for longest makes room.
 *
 * A folder stays the same while it is open, whatever becomes of its name. One thread at a time;
 * blocks.
 */
#ifndef BASE_BENEATH_FOLDERS_H
#define BASE_BENEATH_FOLDERS_H

#include <stdint.h>

enum { BENEATH_FOLDERS = 32 };

/* Zeroed: none is open. */
struct beneath_folders {
    struct beneath_folders_entry {
        char *path; /* NULL: this one is free */
        int fd;
        uint64_t used; /* a counter: larger is later */
    } at[BENEATH_FOLDERS];
    uint64_t n_used;
};

/* Opens the folder, and makes it and its parents if missing. A descriptor, valid until the next
 * call; or a negative errno. dir: the same for every call. */
int beneath_folders_open(struct beneath_folders *, int dir, const char *path);

/* Closes them all. */
void beneath_folders_fini(struct beneath_folders *);

#endif
