/*
 * How the samples of a shard lie on disk: as files (store/store_files.h) or in tars
 * (store/store_tar.h). A sample is what is kept of a row: its original and its thumbnails; most
 * rows that failed have none. The rows themselves lie in a manifest, whatever the layout
 * (store/shard.h).
 *
 * The feeder's thread opens the samples of a shard, to find out what is done, and hands them over
 * to the store's thread with the shard's beginning.
 *
 * Always true:
 * - Image first, row after: a job is `ready` for its row when all that the row will name has been
 *   written, and not before. A layout may hold jobs until then.
 * - Every job that was put becomes ready once, or comes back from free().
 * - What is written survives the end of this process, and a power cut from the next sync on.
 *
 * One thread at a time. Errors are negative errno values.
 */
#ifndef STORE_LAYOUT_H
#define STORE_LAYOUT_H

#include "manifest/shardfiles.h"
#include "store/commit.h"
#include "store/store.h"

struct layout;
struct manifest_file;

/* The output directory, as everything that reads or writes in it needs to know it. */
struct output {
    const struct layout *layout;
    int dir;
    uint32_t shard_size;
    unsigned key_width;            /* of shard_size */
    enum commit_way way;           /* this and the next: for who writes */
    const struct store_conf *conf; /* borrowed */
};

/* Opens conf's directory, made if missing, and what every shard needs in it; finds out how files
 * can be committed. 0 or a negative errno. */
int output_open(const struct store_conf *, struct output *ret);

/* The first member of each layout's own struct: the samples of one open shard. */
struct samples {
    const struct output *output; /* borrowed */
    uint32_t shard;
};

struct sample_index; /* the layout's own */

struct layout {
    enum shardfiles_kind manifest; /* which of the two */

    /* Finds what earlier runs have left of an open shard's samples; makes nothing. */
    int (*open)(const struct output *, uint32_t shard, struct samples **ret);

    /* Is it there what a row names, with that size? hash: and with that hash? */
    bool (*has)(struct samples *, const struct manifest_file *, bool hash);

    /* Readies the samples of an open shard to be gone on with, once it is known which rows are
     * done: removes what belongs to none. */
    int (*settle)(struct samples *, const struct resume *);

    /* Takes the job and its sample, and sets the paths of what it keeps. Jobs that are ready now,
     * this one or others, are added to `ready`. After an error they need not be, and the job may
     * be among them or inside. */
    int (*put)(struct samples *, struct job *, struct job_queue *ready);

    /* Gives the job, which is not in yet, what is kept of its first row, so that it can be put with
     * a sample of its own. It has the first row's answer, which names files. NULL: rows can name
     * the same ones, and the next two are NULL, too. */
    int (*copy)(struct samples *, struct job *);

    /* Where the samples of a closed shard lie: 4 bytes for each row there is room for. free(3)d by
     * the caller. */
    int (*index)(const struct output *, uint32_t shard, struct sample_index **ret);

    /* As copy(), of a first row in that shard. */
    int (*copy_closed)(const struct output *, const struct sample_index *, struct job *);

    /* What is kept of the row at this place, which was to be done again, stays as it is. Jobs that
     * have waited for it are added to `ready`. NULL: nothing has to be done for that. */
    int (*keep)(struct samples *, uint32_t pos, struct job_queue *ready);

    /* Readies jobs that wait for others: all of them, or those that have waited through a flush
     * before. NULL: no job ever waits. */
    int (*flush)(struct samples *, bool all, struct job_queue *ready);

    /* All rows of the shard are ready: finishes what they name. */
    int (*close)(struct samples *);

    /* Jobs that are still inside go to `back`; NULL: there are none. */
    void (*free)(struct samples *, struct job_queue *back);
};

static inline void samples_free(struct samples *s, struct job_queue *back)
{
    s->output->layout->free(s, back);
}

#endif
