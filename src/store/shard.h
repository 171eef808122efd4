/*
 * One open shard: its manifest, its counts, and its samples, which the layout stores.
 *
 * The manifest is appended to and contains only whole rows. Once all rows are written, the manifest
 * is sorted, and the stats file is written last.
 *
 * The store's thread. Errors are negative errno values.
 */
#ifndef STORE_SHARD_H
#define STORE_SHARD_H

#include "base/hash.h"
#include "manifest/row.h"
#include "manifest/rowindex.h"
#include "store/layout.h"
#include "store/parquetfile.h"

enum { SHARD_RESERVE = 256 << 10 /* bytes; half of it holds the rows of one flush */ };

struct shard {
    UT_hash_handle hh; /* the store's, by `number` */
    uint32_t number;
    const struct output *output; /* borrowed */
    struct samples *samples;
    struct shardlock *lock; /* NULL: in tests of the store alone */
    bool replaces;          /* see struct resume */
    int manifest;
    int64_t size;           /* bytes of the manifest, all of whole rows */
    int64_t reserved;       /* disk space is reserved up to here, if the file system can */
    struct rowindex *index; /* NULL until a row is read */
    int64_t syncing;        /* bytes of the manifest that the running sync covers; 0: none */
    struct buf pending;     /* rows that are not in the manifest yet */
    struct tally tally;
    struct handover *handover;      /* NULL: no files are replaced that rows share */
    uint32_t shared;                /* rows that were made to name the files of another one */
    uint32_t rows;                  /* written or pending */
    uint32_t expected;              /* rows in all; UINT32_MAX: not known yet */
    bool is_closed;                 /* nothing is left to be done */
    char why[LISTPARQUET_WHY_SIZE]; /* after -EREMOTEIO from shard_close() */
    bool in_order;                  /* the manifest is sorted and has one row for each key */
    double started;                 /* wall time */
    uint64_t begun_ns;              /* clock_ns() then */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
    /* Files of replaced rows that the new rows do not name. They are removed once the new rows are
     * in the manifest. */
    char **obsolete;
    size_t n_obsolete;
};

/* Opens or creates the manifest. Takes samples and lock of `resume`, which says what is done. */
int shard_open(const struct output *, uint32_t number, struct resume *, struct shard **ret);

/* Closes the files; writes nothing. Jobs that the layout still holds go to `back`. */
void shard_free(struct shard *, struct job_queue *back);

/* Adds a row. shard_flush() writes it to the manifest. */
int shard_add_row(struct shard *, const struct job *, const char *row, size_t len);
int shard_flush(struct shard *);

/* Adds another version of a row that is in the manifest, without a line feed. */
int shard_change_row(struct shard *, const struct buf *row);

/* Reads the row at this position, which is in the manifest; see rowindex_line(). */
int shard_read_row(struct shard *, uint32_t pos, struct buf *ret);

/* Reads the manifest, and indexes its rows. */
int shard_text(struct shard *, struct buf *text);

/* Keeps the row that is already in the manifest instead of the job's. */
void shard_keep_row(struct shard *, const struct job *);

/* Lets rows with the same body share files (store_conf, `shares`), finishes the samples, sorts the
 * manifest, and writes its Parquet and then the stats file. All rows are added. */
int shard_close(struct shard *);

#endif
