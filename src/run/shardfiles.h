/*
 * One open shard of the files layout: its folders, its manifest, its counts.
 * Belongs to the store's thread. Errors are negative errno values.
 */
#ifndef RUN_SHARDFILES_H
#define RUN_SHARDFILES_H

#include "run/commit.h"
#include "run/row.h"
#include "run/store.h"

#include <uthash.h>

struct shardfiles_conf {
    const struct store_conf *store;
    int dir; /* the output directory */
    enum commit_way way;
    unsigned key_width;
};

struct shardfiles {
    UT_hash_handle hh; /* the store's, by `shard` */
    uint32_t shard;
    int images, manifest;        /* images: a folder, -1 until needed */
    int64_t size;                /* bytes of the manifest; all of them whole rows */
    int thumbs[STORE_MAX_SPECS]; /* folders, -1 until needed */
    struct buf pending;          /* rows not yet in the manifest */
    struct tally tally;
    uint32_t rows;     /* written or pending */
    uint32_t expected; /* rows in all; UINT32_MAX: not known yet */
    bool in_order;     /* the manifest is in row order, one row a key */
    double started;    /* wall time */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
};

/* Opens or makes the manifest. past: what is there already. */
int shardfiles_open(
    const struct shardfiles_conf *, uint32_t shard, const struct past *, struct shardfiles **ret);
void shardfiles_free(struct shardfiles *); /* closes; writes nothing */

/* Writes the job's original and thumbnails and sets their paths in the job. */
int shardfiles_put(struct shardfiles *, const struct shardfiles_conf *, struct job *);

/* Adds a row; it is in the manifest after shardfiles_flush(). */
int shardfiles_add_row(struct shardfiles *, const struct job *, const char *row, size_t len);
int shardfiles_flush(struct shardfiles *);

/* All rows are there: puts the manifest in order and writes the stats file. */
int shardfiles_close(struct shardfiles *, const struct shardfiles_conf *);

#endif
