/*
 * What the files verify*.c share: one shard as it is being looked at, by one thread. Part of
 * audit/verify.h.
 */
#ifndef AUDIT_VERIFY_INSIDE_H
#define AUDIT_VERIFY_INSIDE_H

#include "audit/verify.h"
#include "base/buf.h"
#include "manifest/manifest.h"
#include "manifest/shardfiles.h"

#define uthash_fatal(msg) abort()
#include <stdlib.h>
#include <uthash.h>

/* A file that is to be there: below the output directory, or as a member of the shard's tar. */
struct verify_file {
    UT_hash_handle hh; /* by `path` */
    int64_t bytes;
    char *sha256;        /* hex; NULL: not known */
    const char *sidecar; /* it is the KEY.json of this row; NULL: it is none */
    unsigned seen;       /* how often it was met */
    char path[];
};

struct verify_row {
    UT_hash_handle hh; /* by the key, which stands in the line */
    char *line;        /* ends with a NUL */
    unsigned number;   /* of the line, from 1 */
};

struct verify_shard {
    int dir;
    uint32_t number;
    unsigned parts; /* enum shardfiles_kind, of those that are there */
    struct buf manifest;
    struct verify_row *rows;
    struct verify_file *files;
    struct verify_counts counts;
    struct buf faults; /* where NUL what NUL */
};

static inline bool verify_is_closed(const struct verify_shard *s)
{
    return s->parts & SHARDFILES_STATS;
}

static inline bool verify_is_tarred(const struct verify_shard *s)
{
    return (s->parts & SHARDFILES_ROOT_MANIFEST) ||
           (!(s->parts & SHARDFILES_MANIFEST) &&
               (s->parts & (SHARDFILES_TAR | SHARDFILES_TAR_PART | SHARDFILES_SPOOL)));
}

void verify_fault(struct verify_shard *, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What manifest_check() found. errno is still its own. */
void verify_file_status(
    struct verify_shard *, const char *where, const struct manifest_file *, enum manifest_status);

/* Reads manifest and stats: fills rows and files, and looks at those that are no members. */
void verify_rows(struct verify_shard *);

/* Looks at the tar, or at what will become one. */
void verify_tar(struct verify_shard *);

/* Files in folders of the shard that no row names. */
void verify_extra(struct verify_shard *);

/* Files below images/ and thumbs/ in folders of no shard. */
void verify_extra_folders(struct verify_shard *, bool (*is_shard)(void *arg, uint32_t), void *arg);

#endif
