/*
 * Replaces an output directory by one that is made beside it (--update): DIR by DIR.update.
 *
 * At every moment DIR is whole, the old directory or the new one. How far it has come is in the
 * directories themselves, as .imgfetch/update, so that a run that was killed is continued by the
 * next one:
 *
 *   DIR     DIR.update
 *   -       -            nothing is going on
 *   -       new ID       the new one is being made
 *   old ID  new ID       it is complete; they are about to be exchanged
 *   new ID  old ID       they have been exchanged; the old one is being removed
 *   new ID  -            it has been removed
 *
 * A DIR.update of any other kind is not touched, and neither are files in the old directory that
 * imgfetch did not make: if there are any, update_begin() names them.
 *
 * From update_begin() on, DIR is locked against all other runs. One thread; blocks. The content of
 * both directories is not trusted (base/beneath.h).
 */
#ifndef STORE_UPDATE_H
#define STORE_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

enum update_status {
    UPDATE_OK,
    UPDATE_NONE,       /* DIR is no output directory: there is nothing to replace */
    UPDATE_IMPOSSIBLE, /* DIR cannot be replaced */
    UPDATE_FAILED,     /* something cannot be read or written, or another process is at work */
};

enum { UPDATE_MESSAGE_SIZE = 1200 };

struct update;

/* Finds out how far an earlier update has come, and removes what it still has to remove. Unless it
 * is UPDATE_OK or UPDATE_NONE, `message` says why; *ret is set for UPDATE_OK only. */
enum update_status update_open(const char *path, struct update **ret, char *message);
void update_close(struct update *);

/* The paths of DIR and DIR.update. Valid as long as the update. */
const char *update_old(const struct update *);
const char *update_new(const struct update *);
/* That of the folder that they are in, for exec/confine.h. */
const char *update_parent(const struct update *);

/* Their descriptors, for calls of base/beneath.h. Valid as long as the update; that of DIR.update
 * from update_begin() on, or if update_is_begun(). */
int update_old_dir(const struct update *);
int update_new_dir(const struct update *);

/* True if an earlier update has begun to make DIR.update. */
bool update_is_begun(const struct update *);

/* Locks DIR, checks that it can be replaced, and makes DIR.update, unless it is there. UPDATE_OK,
 * _IMPOSSIBLE or _FAILED. */
enum update_status update_begin(struct update *, char *message);

/* When DIR.update is complete: counts the rows that succeeded in DIR and have failed in DIR.update,
 * by their URL. 0, or a negative errno. Takes 8 bytes of memory for each row that has failed. */
int update_count_lost(struct update *, uint64_t *ret);

/* Exchanges the two. Afterwards DIR is the new one. UPDATE_OK or UPDATE_FAILED. */
enum update_status update_exchange(struct update *, char *message);

/* Removes the old one. UPDATE_OK or UPDATE_FAILED. */
enum update_status update_remove_old(struct update *, char *message);

#endif
