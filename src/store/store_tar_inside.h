/*
 * What store_tar.c, store_tar_past.c and store_tar_copy.c share: the samples of one open shard of
 * the webdataset layout. Part of store/store_tar.h.
 */
#ifndef STORE_STORE_TAR_INSIDE_H
#define STORE_STORE_TAR_INSIDE_H

#include "manifest/row.h"
#include "store/layout.h"
#include "store/tarfile.h"

enum store_tar_state {
    ROW_OPEN,     /* nothing is known of the row yet */
    ROW_CLOSED,   /* it has no sample (and no blocks), or its sample is in the part for good */
    ROW_WAITS,    /* its job waits for its turn */
    ROW_IN_SPOOL, /* its sample waits there; the row is done */
    ROW_IN_TAR,   /* likewise, in a whole tar that is made anew */
    ROW_IN_PART,  /* until it is settled whether it may stay there */
};

struct store_tar_row {
    union {
        struct job *job; /* ROW_WAITS */
        int64_t offset;  /* PLACE_IN_... and ROW_CLOSED; and as it `was` */
    };
    uint32_t blocks; /* likewise: of the sample */
    uint8_t state;
    uint8_t was;     /* ROW_OPEN: where the sample is, if its row stays as it is; else ROW_OPEN */
    bool has_waited; /* ROW_WAITS: through a flush */
};

enum { STORE_TAR_BLOCK = 512 }; /* ustar */

struct store_tar {
    struct samples base;
    struct row_writer *rows;              /* for KEY.json */
    struct tarfile *part, *spool, *whole; /* NULL until needed */
    struct store_tar_row *by_pos;         /* one more than the shard has; that one stays open */
    uint32_t next;                        /* whose turn it is: all before it are closed */
    uint32_t seen;            /* behind the last place that an earlier run has left a sample of */
    struct job_queue waiting; /* by their arrival */
    unsigned n_waiting;
    size_t waiting_size; /* bytes */
};

/* Opens the file if it is there; with O_CREAT in `flags`, if it is not, too. */
int store_tar_open_file(struct store_tar *, enum shardfiles_kind, int flags, struct tarfile **);
int store_tar_need_spool(struct store_tar *);

void store_tar_free(struct samples *, struct job_queue *back);

/* The file with the sample of a place that has one; NULL: it is not there. */
struct tarfile *store_tar_file_of(const struct store_tar *, const struct store_tar_row *);

/* See struct layout. */
int store_tar_copy(struct samples *, struct job *);
int store_tar_copy_index(const struct output *, uint32_t shard, struct sample_index **ret);
int store_tar_copy_closed(const struct output *, const struct sample_index *, struct job *);
int store_tar_resume_open(const struct output *, uint32_t shard, struct samples **ret);
bool store_tar_resume_has(struct samples *, const struct manifest_file *, bool hash);
int store_tar_resume_settle(struct samples *, const struct resume *);

#endif
