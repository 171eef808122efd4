/*
 * Which files of an output directory are a shard's, how they are called, and which shards are
 * there. Nobody else spells these names.
 */
#ifndef MANIFEST_SHARDFILES_H
#define MANIFEST_SHARDFILES_H

#include <stddef.h>
#include <stdint.h>

/* What is in the root besides files of shards. */
#define SHARDFILES_OWN ".imgfetch" /* what is for us alone: see store/outdir.h */
#define SHARDFILES_MANIFESTS "manifest"
#define SHARDFILES_IMAGES "images"
#define SHARDFILES_THUMBS "thumbs"

/* Where a shard keeps its images, as printf(3) formats. */
#define SHARDFILES_OF_IMAGES SHARDFILES_IMAGES "/%05u"    /* the shard */
#define SHARDFILES_OF_THUMBS SHARDFILES_THUMBS "/%s/%05u" /* the spec's name, the shard */
#define SHARDFILES_OF_TAR "%05u.tar/"                     /* the shard; a member's name follows */

enum shardfiles_kind {
    SHARDFILES_STATS = 1,         /* 00000_stats.json: the shard is complete */
    SHARDFILES_MANIFEST = 2,      /* manifest/00000.jsonl */
    SHARDFILES_ROOT_MANIFEST = 4, /* 00000.jsonl, beside a tar */
    SHARDFILES_TAR = 8,           /* 00000.tar */
    SHARDFILES_TAR_PART = 16,     /* 00000.tar.part: what will be the tar */
    SHARDFILES_SPOOL = 32,        /* 00000.spool: samples that are not in it yet */
    SHARDFILES_LOCK = 64,         /* .imgfetch/00000.open: see store/shardlock.h */
};

/* Below the output directory. */
enum { SHARDFILES_NAME_SIZE = 40 };
void shardfiles_name(uint32_t shard, enum shardfiles_kind, char out[SHARDFILES_NAME_SIZE]);

/* The shard whose number a name begins with as these do. Behind the number; NULL: it has none. */
const char *shardfiles_number(const char *name, uint32_t *ret);

struct shardfiles {
    uint32_t number;
    unsigned kinds; /* enum shardfiles_kind, of those that are there */
};

/* Called with each other name in the folders where these files are, below the output directory. */
typedef void shardfiles_other(void *arg, const char *path);

/* All shards of which there is a file, by their numbers; free(3)d by the caller. A folder that is
 * not there is empty; with O_NOFOLLOW in `flags`, one that is a link or a file, too. other: may be
 * NULL. Blocks. 0 or a negative errno. */
int shardfiles_find(
    int dir, int flags, shardfiles_other *other, void *arg, struct shardfiles **ret, size_t *ret_n);

#endif
