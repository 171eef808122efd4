/*
 * Where the rows of earlier output directories are whose bodies were kept, by URL: an index in
 * memory, made by reading the manifests once. It takes some 22 bytes for each such row: 32 bits of
 * a hash, where the row's line is, and where its body is in a tar. So what is found is only a place
 * to look at: the row there may have another URL, or lie.
 *
 * It is filled by one thread, and then read by any.
 */
#ifndef STORE_REUSE_INDEX_H
#define STORE_REUSE_INDEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reuse_index;
struct reuse_index *reuse_index_new(void);
void reuse_index_free(struct reuse_index *);

struct reuse_counts {
    uint64_t rows;       /* indexed */
    uint64_t not_rows;   /* lines that are no rows, or torn */
    uint64_t unreadable; /* shards that cannot be read */
};

/* Adds the rows of an open directory; `which` is its number, for its places. Blocks; ends early
 * when *stop is set. 0; or a negative errno, and nothing was added. */
int reuse_index_add(struct reuse_index *, int dir, unsigned which, const atomic_bool *stop,
    struct reuse_counts *counts);

/* To be called once, after the last reuse_index_add(). */
void reuse_index_finish(struct reuse_index *);

/* The row of a body. */
struct reuse_place {
    unsigned which; /* directory */
    uint32_t shard;
    unsigned shard_digits; /* in names */
    bool is_root;          /* its manifest is next to a tar: SHARDFILES_ROOT_MANIFEST */
    int64_t offset;        /* of the row's line in the manifest */
    int64_t tar;           /* offset of the body's bytes in the tar of the shard; 0: it is a file */
};

/* At most so many rows of one URL are remembered. */
enum { REUSE_PLACES = 4 };

/* The rows that may have this URL, which is normalised, in the order of the directories. Returns
 * how many. */
unsigned reuse_index_find(
    const struct reuse_index *, const char *url, struct reuse_place ret[REUSE_PLACES]);

size_t reuse_index_bytes(const struct reuse_index *); /* of memory */

#endif
