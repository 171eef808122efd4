/*
 * One open shard: its manifest, its counts, and its samples, which lie as the layout says.
 *
 * The manifest is appended to, and whole rows only stand in it. When all rows are there it is put
 * in their order, and the stats file is written, last of all.
 *
 * Belongs to the store's thread. Errors are negative errno values.
 */
#ifndef STORE_SHARD_H
#define STORE_SHARD_H

#include "manifest/row.h"
#include "manifest/rowindex.h"
#include "store/layout.h"

#include <uthash.h>

enum { SHARD_RESERVE = 256 << 10 /* bytes; half of it is enough for what is flushed at once */ };

struct shard {
    UT_hash_handle hh; /* the store's, by `number` */
    uint32_t number;
    const struct output *output; /* borrowed */
    struct samples *samples;
    struct shardlock *lock; /* NULL: the store is used alone, in tests */
    bool replaces;          /* see struct past */
    int manifest;
    int64_t size;          /* bytes of the manifest; all of them whole rows */
    int64_t reserved;      /* how far there is room for it on the disk, if there can be */
    struct rowindex *find; /* NULL until a row is read */
    int64_t syncing;       /* bytes of it that the sync under way makes sure; 0: none */
    struct buf pending;    /* rows not yet in the manifest */
    struct tally tally;
    uint32_t rows;     /* written or pending */
    uint32_t expected; /* rows in all; UINT32_MAX: not known yet */
    bool is_closed;    /* nothing is left to do */
    bool in_order;     /* the manifest is in row order, one row a key */
    double started;    /* wall time */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
    /* Files of rows that were replaced, which the new ones do not name. They go when these are in
     * the manifest. */
    char **obsolete;
    size_t n_obsolete;
};

/* Opens or makes the manifest. past: what is there already; its samples and its claim are taken. */
int shard_open(const struct output *, uint32_t number, struct resume *, struct shard **ret);

/* Closes; writes nothing. Jobs that wait in the layout go to `back`. */
void shard_free(struct shard *, struct job_queue *back);

/* Adds a row; it is in the manifest after shard_flush(). */
int shard_add_row(struct shard *, const struct job *, const char *row, size_t len);
int shard_flush(struct shard *);

/* The row at this place, which is in the manifest; see rowindex_line(). */
int shard_read_row(struct shard *, uint32_t pos, struct buf *ret);

/* The row that is there already holds. */
void shard_keep_row(struct shard *, const struct job *);

/* All rows are there: finishes the samples, puts the manifest in order and writes the stats. */
int shard_close(struct shard *);

#endif
