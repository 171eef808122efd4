/*
 * Hashes a body: its SHA-256, for the row, another hash if one is wanted there, and the hash that
 * the list expects. If the expected hash
 * differs, or the body is a placeholder that the user knows (input/reject.h), it is not what was
 * asked for, and nothing of it is kept. Also computes the SHA-256
 * of the thumbnails.
 *
 * One thread.
 */
#ifndef STORE_BODYHASH_H
#define STORE_BODYHASH_H

#include "input/job.h"
#include "input/reject.h"

struct bodyhash;

/* False: OpenSSL cannot compute that hash on this machine. */
bool bodyhash_can(enum job_hash);

/* `reject` is borrowed; NULL: no body is a placeholder. bodyhash_can() is true for the hash. */
struct bodyhash *bodyhash_new(enum job_hash, const struct reject *reject);

/* Sets bytes, sha256 and hash of the job and sha256 of its thumbnails, or fails the job with
 * ERR_HASH_MISMATCH or ERR_PLACEHOLDER. */
void bodyhash_take(struct bodyhash *, struct job *);

void bodyhash_free(struct bodyhash *);

#endif
