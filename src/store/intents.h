/*
 * Notes which files a run is about to write where others have files, too: in the flat layout. A
 * file that a killed run left without a row is known by its note, and only such a file is removed.
 *
 * .imgfetch/00000.files belongs to an open shard, and to who holds its lock. A line is the position
 * of a row and a path; with a minus in front, the note is withdrawn: somebody else made that file.
 * Notes are on disk before the files appear, so they hold after a power cut, too. The file is
 * removed after the shard is closed.
 *
 * Errors are negative errno values. One thread at a time. Blocks.
 */
#ifndef STORE_INTENTS_H
#define STORE_INTENTS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct intents {
    int dir; /* the output directory */
    uint32_t shard;
    int fd;         /* -1: there is no file yet */
    struct buf new; /* lines that are not written yet */
};

void intents_init(struct intents *, int dir, uint32_t shard); /* creates no file */
void intents_fini(struct intents *);

/* Notes a file, or withdraws the note. The path is below the output directory. */
int intents_add(struct intents *, uint32_t pos, const char *path);
int intents_withdraw(struct intents *, uint32_t pos, const char *path);

/* Waits until the new lines are on disk; returns at once if there are none. */
int intents_sync(struct intents *);

/* Calls `take` for each note that was not withdrawn, until it returns other than 0, which is
 * returned. What is no note is passed over. */
typedef int intents_take(void *arg, uint32_t pos, const char *path);
int intents_read(int dir, uint32_t shard, intents_take *take, void *arg);

/* Removes the file, if there is one. No struct intents of the shard is in use. */
int intents_remove(int dir, uint32_t shard);

#endif
