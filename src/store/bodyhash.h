/*
 * The hashes of a body: its SHA-256, for the row, and the one that the list expects. A body
 * with another one is not what was asked for, and nothing of it is kept. And the SHA-256 of its
 * thumbnails.
 *
 * One thread.
 */
#ifndef STORE_BODYHASH_H
#define STORE_BODYHASH_H

#include "input/job.h"

struct bodyhash;

struct bodyhash *bodyhash_new(void);

/* Sets bytes and sha256 of the job, and those of its thumbnails; or fails it with
 * ERR_HASH_MISMATCH. */
void bodyhash_take(struct bodyhash *, struct job *);

void bodyhash_free(struct bodyhash *);

#endif
