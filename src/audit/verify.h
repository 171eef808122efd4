/*
 * Is an output directory what its manifests say? Every row is read, and every file that one names
 * is there, with that size and that SHA-256, and no other file is. Of a tar that goes for its
 * members, and each KEY.json is compared with its row.
 *
 * Whoever wrote what is there may have been hostile: nothing of it is trusted, and nothing is
 * changed.
 */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H

#include <stdint.h>

enum { VERIFY_MESSAGE_SIZE = 1200 };

struct verify_counts {
    uint64_t shards, rows;
    uint64_t files, bytes; /* that were looked at, members of tars among them */
    uint64_t faults;
};

struct verify_conf {
    const char *path;
    unsigned threads; /* that shards are shared out to; at least 1 */
    /* Called by the thread that called verify_dir(). `where` is a path below the directory and may
     * hold any byte but NUL. */
    void (*on_fault)(void *arg, const char *where, const char *what);
    void *arg;
};

/* Reads all of it. 0, whatever was found; or a negative errno and `message` (VERIFY_MESSAGE_SIZE):
 * this is no output directory, or somebody is writing there. Blocks. */
int verify_dir(const struct verify_conf *, struct verify_counts *ret, char *message);

#endif
