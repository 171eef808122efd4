/*
 * The files of a shard: their names, and which shards an output directory has. No other module
 * spells these names.
 */
#ifndef MANIFEST_SHARDFILES_H
#define MANIFEST_SHARDFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The folders in the root of an output directory. */
#define SHARDFILES_OWN ".imgfetch" /* private to imgfetch: see store/outdir.h */
#define SHARDFILES_MANIFESTS "manifest"
#define SHARDFILES_IMAGES "images"
#define SHARDFILES_THUMBS "thumbs"

/* The folders with a shard's images, as printf(3) formats. */
#define SHARDFILES_OF_IMAGES SHARDFILES_IMAGES "/%0*u"    /* the digits (int), the shard */
#define SHARDFILES_OF_THUMBS SHARDFILES_THUMBS "/%s/%0*u" /* the spec's name, and likewise */
#define SHARDFILES_OF_TAR "%0*u.tar/"                     /* likewise; the member's name follows */

enum shardfiles_kind {
    SHARDFILES_STATS = 1,           /* 00000_stats.json: the shard is complete */
    SHARDFILES_MANIFEST = 2,        /* manifest/00000.jsonl */
    SHARDFILES_ROOT_MANIFEST = 4,   /* 00000.jsonl, next to 00000.tar */
    SHARDFILES_TAR = 8,             /* 00000.tar */
    SHARDFILES_TAR_PART = 16,       /* 00000.tar.part: the unfinished tar */
    SHARDFILES_SPOOL = 32,          /* 00000.spool: samples not yet in the tar */
    SHARDFILES_LOCK = 64,           /* .imgfetch/00000.open: see store/shardlock.h */
    SHARDFILES_FILES = 128,         /* .imgfetch/00000.files: see store/intents.h */
    SHARDFILES_SENT = 256,          /* .imgfetch/00000.sent: see store/sent.h */
    SHARDFILES_PARQUET = 512,       /* manifest/00000.parquet: see store/parquetfile.h */
    SHARDFILES_ROOT_PARQUET = 1024, /* 00000.parquet, next to 00000.tar */
};

/* The path relative to the output directory. digits: of the shard's number, at least; those in
 * SHARDFILES_OWN have JOB_SHARD_DIGITS whatever is given. */
enum { SHARDFILES_NAME_SIZE = 40 };
void shardfiles_name(
    uint32_t shard, unsigned digits, enum shardfiles_kind, char out[SHARDFILES_NAME_SIZE]);

/* True for a path in the root that an image of the flat layout can have: no folder, no name with a
 * dot in front, and none of the files above. */
bool shardfiles_is_flat(const char *path);

/* Parses the shard number that a file name begins with, of JOB_SHARD_DIGITS or more. Returns what
 * follows the number; NULL: the name does not begin with one. */
const char *shardfiles_number(const char *name, uint32_t *ret);

struct shardfiles {
    uint32_t number;
    unsigned kinds;  /* enum shardfiles_kind: a set of those that exist */
    unsigned digits; /* of the number in their names; the least number has JOB_SHARD_DIGITS */
};

/* Called with each other file in the same folders; its path is relative to the output
 * directory. */
typedef void shardfiles_other(void *arg, const char *path);

/* Lists the shards that have at least one file (other than Parquet in the root, which may be
 * somebody's list), sorted by number; free(3)d by the caller. A missing
 * folder counts as empty. other: may be NULL. Blocks. 0; or a negative errno, and *ret_where is the
 * folder that cannot be read (a static string, "." for `dir`). */
int shardfiles_find(int dir, shardfiles_other *other, void *arg, struct shardfiles **ret,
    size_t *ret_n, const char **ret_where);

#endif
