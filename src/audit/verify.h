/*
 * Checks an output directory against its manifests (--verify). Every row is read. Every file that a
 * row names must exist with the recorded size and SHA-256, and there must be no other files. In a
 * tar, the members are checked in the same way, and each KEY.json is compared with its row. Of a
 * shard whose delivery is noted (store/sent.h) only what is here is checked.
 *
 * The content may be hostile and is not trusted. Nothing is changed.
 */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H

#include <stdint.h>

enum { VERIFY_MESSAGE_SIZE = 1200 };

struct verify_counts {
    uint64_t shards, rows;
    uint64_t gone;         /* of the shards: delivered, and not all of it is here */
    uint64_t files, bytes; /* files checked, including members of tars, and their bytes */
    uint64_t faults;
};

struct verify_conf {
    const char *path;
    unsigned threads; /* that check shards; at least 1 */
    /* Called in the thread that called verify_dir(). `where` is a path relative to the directory,
     * and may contain any byte but NUL. */
    void (*on_fault)(void *arg, const char *where, const char *what);
    void *arg;
};

/* Checks everything. 0, also if there are faults; or a negative errno and `message`
 * (VERIFY_MESSAGE_SIZE): it is not an output directory, or a run is writing there. Blocks. */
int verify_dir(const struct verify_conf *, struct verify_counts *ret, char *message);

#endif
