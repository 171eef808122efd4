/*
 * Shared by store_tar.c, store_tar_resume.c, store_tar_copy.c and store_tar_share.c: the samples of
 * one open shard in the webdataset layout. Part of store/store_tar.h.
 */
#ifndef STORE_STORE_TAR_INSIDE_H
#define STORE_STORE_TAR_INSIDE_H

#include "manifest/row.h"
#include "store/layout.h"
#include "store/tarfile.h"

enum store_tar_state {
    ROW_OPEN,   /* the row is not done */
    ROW_CLOSED, /* it has no sample (blocks is 0), or its sample has its final place in the part */
    ROW_WAITS,  /* its job waits for its turn */
    ROW_IN_SPOOL, /* the row is done; its sample is in the spool until its turn */
    ROW_IN_TAR,   /* likewise, in an old tar that is being rewritten */
    ROW_IN_PART,  /* its sample is in the part; settle() decides whether it may stay */
};

struct store_tar_row {
    union {
        struct job *job; /* ROW_WAITS */
        int64_t offset;  /* ROW_IN_... and ROW_CLOSED, in `state` or `was` */
    };
    uint32_t blocks; /* likewise: the length of the sample */
    uint8_t state;
    uint8_t was;     /* ROW_OPEN: the state to return to if the old row is kept, or ROW_OPEN */
    bool has_waited; /* ROW_WAITS: it has waited through a flush */
};

enum {
    STORE_TAR_BLOCK = 512,    /* ustar */
    STORE_TAR_EXTENSION = 16, /* bytes; more than an extension has */
};

struct store_tar {
    struct samples base;
    struct row_writer *rows;              /* for KEY.json */
    struct tarfile *part, *spool, *whole; /* NULL until needed */
    struct store_tar_row *by_pos; /* one more than the shard has; the last one stays ROW_OPEN */
    uint32_t next;                /* the position whose turn it is: all before it are ROW_CLOSED */
    uint32_t seen;                /* after the last position with a sample of an earlier run */
    struct job_queue waiting;     /* in the order of their arrival */
    unsigned n_waiting;
    size_t waiting_size; /* bytes */
    bool has_dropped;    /* there are samples in the part that are not for the tar */
};

/* Opens the file if it exists; with O_CREAT in `flags`, creates it if not. */
int store_tar_open_file(struct store_tar *, enum shardfiles_kind, int flags, struct tarfile **);
int store_tar_need_spool(struct store_tar *);

void store_tar_free(struct samples *, struct job_queue *back);

/* The file with the sample of a row that has one; NULL: there is no such file. */
struct tarfile *store_tar_file_of(const struct store_tar *, const struct store_tar_row *);

/* Writes the samples of the part that were not dropped into the spool, which becomes the tar. */
int store_tar_write_rest(struct store_tar *);

/* See struct layout. */
void store_tar_drop(struct samples *, uint32_t pos);
void store_tar_name_heir(struct samples *, const struct manifest_row *, struct job *heir);
int store_tar_pass_on(
    struct samples *, const struct manifest_row *, const struct job *heir, const char *line);
int store_tar_copy(struct samples *, struct job *);
int store_tar_copy_index(const struct output *, uint32_t shard, struct sample_index **ret);
int store_tar_copy_closed(const struct output *, const struct sample_index *, struct job *);
int store_tar_resume_open(const struct output *, uint32_t shard, struct samples **ret);
int store_tar_resume_has(struct samples *, const struct manifest_file *, bool hash);
int store_tar_resume_settle(struct samples *, const struct resume *);

#endif
