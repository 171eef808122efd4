/*
 * The feeder: a thread that reads the list and makes jobs of its rows.
 *
 * Reading may block (a pipe, a slow disk) and parsing takes time, so neither is done on the loop.
 * Rows come in batches over a short queue: the feeder is at most a few thousand rows ahead of the
 * loop.
 *
 * It divides the list into shards, computes the fingerprint of each, and leaves out rows that
 * earlier runs have done (store/resume.h). It skips shards that this run does not do: it only looks
 * for the ends of their rows.
 *
 * It also finds duplicate rows (feed/dedupe.h), because it sees all rows, those of earlier runs
 * too. In the flat layout it gives all rows their names (feed/names.h), those of other shards, too.
 */
#ifndef FEED_FEEDER_H
#define FEED_FEEDER_H

#include "feed/dedupe.h"
#include "feed/rowtotal.h"
#include "feed/shards.h"
#include "input/job.h"
#include "input/urllist.h"
#include "store/resume.h"

#include <uv.h>

struct feeder;

enum { FEEDER_MESSAGE_SIZE = 400 };

struct feeder_conf {
    const char *const *paths; /* of the lists; borrowed, like `columns` */
    size_t n_paths;
    enum urllist_format format;
    const char *encoding;                     /* as in struct urllist_conf */
    const struct listparquet_engine *parquet; /* likewise */
    const struct columns *columns;
    uint32_t shard_size;
    bool is_part;                     /* the lists are a part of a longer one */
    uint32_t first_shard;             /* the number of the list's first shard */
    struct shards shards;             /* those to do; SHARDS_ALL, if first_shard is not 0 */
    enum dedupe_scope dedupe;         /* where to look for the first row of a URL */
    uint64_t limit;                   /* rows in all; 0: no limit */
    const struct resume_rerun *again; /* rows to be done again; NULL: none */
    const struct output *output;      /* for resume_load(); NULL: nothing is resumed */
};

enum feeder_kind {
    FEEDER_NOTHING,     /* none yet: the loop is woken when there is more */
    FEEDER_SHARD_BEGIN, /* shard, resume: comes before the shard's rows */
    FEEDER_WAITS,       /* shard: the feeder waits for another process that writes it */
    FEEDER_TORN, /* shard: its stats file was torn, and the shard is done again from its rows */
    FEEDER_ROW,  /* job, which the caller owns; its err is set if it cannot be fetched */
    FEEDER_SHARD_END, /* shard, rows, fingerprint */
    FEEDER_END,       /* of the list, or of the last shard to do; index */
    FEEDER_ERROR,     /* message: the list or the output directory cannot be read */
    FEEDER_MISMATCH,  /* message: the output directory was made from another list, or lacks what
                         is to be done again */
    FEEDER_MISUSE,    /* message: a list is none, or lacks a column that the run uses */
};

struct feeder_item {
    enum feeder_kind kind;
    struct job *job;
    uint32_t shard, rows;
    uint64_t index;       /* rows read, including those of other shards */
    struct resume resume; /* from resume_hand_over(); owned */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
    const char *message; /* valid as long as the feeder */
};

/* Opens the lists and starts the thread. NULL: `message` (FEEDER_MESSAGE_SIZE) says why. */
struct feeder *feeder_new(const struct feeder_conf *, uv_loop_t *, char *message);

/* The next item. FEEDER_END and the kinds after it repeat at every call. Loop thread. */
void feeder_next(struct feeder *, struct feeder_item *ret);

/* How many rows the run has to do, as far as that is known by now. Any thread. */
struct rowtotal feeder_total(struct feeder *);

/* Ends the thread, even if it waits; frees rows that were not taken. The loop must run once more
 * afterwards. */
void feeder_free(struct feeder *);

#endif
