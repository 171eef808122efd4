/*
 * Shared by the files verify*.c: one shard that one thread is checking. Part of audit/verify.h.
 */
#ifndef AUDIT_VERIFY_INSIDE_H
#define AUDIT_VERIFY_INSIDE_H

#include "audit/verify.h"
#include "base/buf.h"
#include "base/hash.h"
#include "manifest/manifest.h"
#include "manifest/shardfiles.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A file that must exist, in the output directory or as a member of the shard's tar. */
struct verify_file {
    UT_hash_handle hh; /* by `path` */
    int64_t bytes;
    char *sha256;        /* hex; NULL: unknown */
    const char *sidecar; /* the row of which it is the KEY.json; NULL: it is no sidecar */
    unsigned seen;       /* how often it was found */
    char path[];
};

struct verify_row {
    UT_hash_handle hh; /* by the key, which is in `line` */
    char *line;        /* ends with a NUL */
    unsigned number;   /* of the line, from 1 */
    bool shares;       /* it names the sample of another row */
};

/* A file that is in no folder of a shard: somebody else's, or of the flat layout. */
struct verify_loose {
    UT_hash_handle hh; /* by `path` */
    const char *what;  /* to report unless a row names it */
    atomic_bool is_named;
    char path[];
};

struct verify_shard {
    int dir;
    struct verify_loose *loose; /* of all shards; while these are checked, only is_named changes */
    uint32_t number;
    unsigned digits;   /* of its number, in names */
    bool has_metadata; /* folders with images have a metadata.jsonl */
    unsigned parts;    /* enum shardfiles_kind: a set of those that exist */
    bool has_parquet;  /* the directory was made with --manifest=parquet */
    struct buf manifest;
    struct verify_row *rows;
    struct verify_file *files;
    struct verify_counts counts;
    bool is_gone;      /* it was delivered, and some of it is not here */
    struct buf faults; /* pairs of `where` and `what`, each ended by a NUL */
};

static inline bool verify_is_closed(const struct verify_shard *s)
{
    return s->parts & SHARDFILES_STATS;
}

/* True for what is not here of a delivered shard: it need not be. Notes it. */
static inline bool verify_may_miss(struct verify_shard *s)
{
    bool may = verify_is_closed(s) && (s->parts & SHARDFILES_SENT);
    s->is_gone = s->is_gone || may;
    return may;
}

static inline bool verify_is_tarred(const struct verify_shard *s)
{
    return (s->parts & SHARDFILES_ROOT_MANIFEST) ||
           (!(s->parts & SHARDFILES_MANIFEST) &&
               (s->parts & (SHARDFILES_TAR | SHARDFILES_TAR_PART | SHARDFILES_SPOOL)));
}

void verify_fault(struct verify_shard *, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reports a result of manifest_check() unless it is good. errno is still from that call. */
void verify_file_status(
    struct verify_shard *, const char *where, const struct manifest_file *, enum manifest_status);

/* Reads manifest and stats file, fills `rows` and `files`, and checks the files that are not
 * members of a tar. */
void verify_rows(struct verify_shard *);

/* Checks the tar, or its unfinished parts. */
void verify_tar(struct verify_shard *);

/* Checks that the Parquet file is there, if it has to be, and whole. */
void verify_parquet(struct verify_shard *);

/* Reports files in the shard's folders that no row names. */
void verify_extra(struct verify_shard *);

/* Checks metadata.jsonl of a folder with images of the shard, which is complete. */
void verify_metadata(struct verify_shard *, const char *folder);

/* Adds a file to `loose`. */
void verify_add_loose(struct verify_shard *, const char *path, const char *what);

/* Adds the files below images/ and thumbs/ that are in no shard's folder. */
void verify_extra_folders(struct verify_shard *, bool (*is_shard)(void *arg, uint32_t), void *arg);

#endif
