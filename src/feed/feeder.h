/*
 * The feeder: a thread that reads the list and makes jobs of it.
 *
 * Reading may block (a pipe, a slow disk) and parsing takes its time, so both are
 * kept off the loop. Rows come in batches over a short queue: the feeder is ahead of
 * the loop by a few thousand rows at most.
 *
 * It cuts the list into shards, takes the fingerprint of each, and leaves out the
 * rows that earlier runs have done (store/resume.h). Shards that this run does not do are
 * read over: their rows cost no more than finding their ends.
 *
 * It says of each row whether an earlier one has the same URL (feed/dedupe.h), because all rows
 * pass through it, those of earlier runs too.
 */
#ifndef FEED_FEEDER_H
#define FEED_FEEDER_H

#include "feed/dedupe.h"
#include "feed/shards.h"
#include "input/job.h"
#include "input/urllist.h"
#include "store/resume.h"

#include <uv.h>

struct feeder;

enum { FEEDER_MESSAGE_SIZE = 400 };

struct feeder_conf {
    const char *const *paths; /* of the lists; borrowed, like columns */
    size_t n_paths;
    enum urllist_format format;
    const struct columns *columns;
    uint32_t shard_size;
    struct shards shards;             /* those to do */
    enum dedupe_scope dedupe;         /* where a row is looked for that answers another */
    uint64_t limit;                   /* rows in all; 0: no limit */
    const struct resume_rerun *again; /* rows to be done again; NULL: none */
    const struct output *output;      /* for resume_load(); NULL: there is no past */
};

enum feeder_kind {
    FEEDER_NOTHING,     /* not now: the loop turns when there is more */
    FEEDER_SHARD_BEGIN, /* shard, past: comes before the shard's rows */
    FEEDER_WAITS,       /* shard: another process writes it, and is waited for */
    FEEDER_ROW,         /* job: takes ownership; err is set for a row that cannot be fetched */
    FEEDER_SHARD_END,   /* shard, rows, fingerprint */
    FEEDER_END,         /* of the list, or of the last shard to do; index */
    FEEDER_ERROR,       /* message: the list or what is in the output directory cannot be read */
    FEEDER_MISMATCH,    /* message: the output directory was made from another list */
    FEEDER_NO_COLUMN,   /* message: a list lacks a column that is used */
};

struct feeder_item {
    enum feeder_kind kind;
    struct job *job;
    uint32_t shard, rows;
    uint64_t index;       /* rows read, those of other shards too */
    struct resume resume; /* as resume_hand_over() gives it; owns that */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
    const char *message; /* valid as long as the feeder */
};

/* Opens the lists and starts the thread. NULL: `message` (FEEDER_MESSAGE_SIZE) says why. */
struct feeder *feeder_new(const struct feeder_conf *, uv_loop_t *, char *message);

/* The next item. FEEDER_END and what stands behind it come again at every call. Loop
 * thread. */
void feeder_next(struct feeder *, struct feeder_item *ret);

/* Ends the thread, wherever it waits; frees rows that were not taken. The loop must
 * run once more afterwards. */
void feeder_free(struct feeder *);

#endif
