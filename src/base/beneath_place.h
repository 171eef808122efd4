/*
 * Where an output directory stands: the folder that it is in and its name there, so that another
 * one can take its place. Like beneath.h: errors are negative errno values; blocks; any thread.
 */
#ifndef BASE_BENEATH_PLACE_H
#define BASE_BENEATH_PLACE_H

#include <stdbool.h>

struct beneath_place {
    char *path;       /* without slashes at its end; absolute if it ended with "." or ".." */
    const char *name; /* the last part, within `path` */
    int parent;       /* the folder, open; for calls of beneath.h */
};

/* The path as struct beneath_place has it. NULL: see errno. free(3) it. */
char *beneath_place_path(const char *path);

/* Finds the place of a path, which is the user's own: links in it are followed, but for its last
 * part. Nothing has to be there, except if it ends with "." or "..". -EBUSY: it is the root of all.
 * 0: beneath_place_fini() it. */
int beneath_place_find(const char *path, struct beneath_place *ret);
void beneath_place_fini(struct beneath_place *);

/* NULL, or why another directory cannot take this place: it is a link, a mount point, or somebody
 * else's in a folder like /tmp. Static text. */
const char *beneath_place_why_fixed(const struct beneath_place *);

/* Exchanges two names in the folder `dir`, atomically. -EINVAL: this file system cannot. */
int beneath_place_exchange(int dir, const char *a, const char *b);

#endif
