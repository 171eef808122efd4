/*
 * The store: where rows, images and thumbnails become files. A stage: jobs go in
 * finished, and come back when what they say is written.
 *
 * Always true:
 * - Image first, row after: what a row says exists, exists.
 * - No file is ever seen half-written under its final name (store/commit.h).
 * - The disk is touched only by the store's own thread, never by the loop.
 * - Jobs of a host are written in the order in which they came. Hosts take turns, by bytes
 *   (base/fairqueue.h), so that nobody waits for the bodies of one host.
 * - A write that fails (disk full) ends the store: that job and all later ones come back
 *   with ERR_IO_ERROR and no row, and store_error() says what happened.
 *
 * Shards: store_shard_begin() comes before the first job of a shard,
 * store_shard_end() says how many rows it has. When all of them are written the shard
 * closes: its manifest is put in row order, and its stats file, 00000_stats.json, appears last.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "exec/stage.h"
#include "input/columns.h"
#include "store/resume.h"

#include <uv.h>

enum { STORE_MESSAGE_SIZE = 256 };

struct budget;
struct layout;
struct name;
struct parquetfile_conf;
struct reject;

struct store_conf {
    const struct layout *layout; /* store_files, store_flat or store_tar: how shards lie on disk */
    const char *dir;             /* made if missing, with its parents' last part only */
    uint32_t shard_size;
    unsigned shard_digits; /* of a shard's number, at least; 0: JOB_SHARD_DIGITS */
    unsigned n_specs;
    const char *const *spec_names; /* n_specs of them: folders below thumbs/ */
    const char *thumb_extension;   /* without a dot */
    bool phash;                    /* rows have the field of this name */
    enum job_hash hash;            /* another hash of the body, for the rows */
    const struct name *name;       /* of the files of a row; borrowed */
    bool originals;                /* keep the bodies */
    bool shares;                   /* rows of a shard with the same body share its files */
    unsigned sidecars;             /* a set of enum sidecars_kind: store/sidecars.h */
    bool remote_time;              /* files have the time of Last-Modified: store_modified() */
    size_t waiting_max;            /* bytes of a shard's jobs that wait for others */
    const struct reject *reject;   /* placeholders, which are not kept; NULL: none are known */
    uint64_t checkpoint_ms;        /* between two syncs: see store/checkpoint.h */
    bool exif;                     /* rows have the field `exif` */
    const struct columns *columns; /* of the list, for the rows; NULL: none */
    const struct parquetfile_conf *parquet; /* NULL: rows are not written as Parquet */
    /* Called once, when the first shard is open. From the store's thread. May be NULL. */
    void (*on_begin)(void *arg);
    void *on_begin_arg;
    /* A shard is closed, its lock is free, and it still counts as open. From the store's thread.
     * May be NULL. */
    void (*on_closed)(void *arg, uint32_t shard);
    void *on_closed_arg;
    /* Whole rows, as they are written: one line each. From the store's thread. May be NULL.
     * False: the reader is gone, stop calling. */
    bool (*on_rows)(void *arg, const char *lines, size_t len);
    void *on_rows_arg;
    /* The level of the decoders' sandbox, for the stats file; NULL: nothing was decoded. From the
     * store's thread. May be NULL. */
    const char *(*sandbox)(void *arg);
    void *sandbox_arg;
    /* Is told how many bytes of each host wait for the disk; the loop is woken when they become
     * fewer. NULL: no job has a host. */
    struct budget *budget;
    stage_done *done;
    void *done_arg;
};

struct store;

/* conf's texts are borrowed for the store's life. NULL: `message` (STORE_MESSAGE_SIZE)
 * says why the directory cannot be used. */
struct store *store_open(const struct store_conf *, uv_loop_t *, char *message);

struct stage *store_stage(struct store *); /* stage_free() ends the store */

/* The time of the last change that the files of a job get, s since 1970; -1: none was asked for, or
 * its server sent none. Any thread. */
int64_t store_modified(const struct store_conf *, const struct job *);

/* The output directory, for resume_load(). Valid as long as the store. */
const struct output *store_output(const struct store *);

/* Begins a shard that is not closed. The struct is from resume_load(), and is handed over
 * (resume_hand_over()). */
void store_shard_begin(struct store *, uint32_t shard, struct resume *);

/* The shard has `rows` rows in all, and its list lines this fingerprint. */
void store_shard_end(struct store *, uint32_t shard, uint32_t rows, const char *fingerprint);

/* Shards that have begun and are not closed. 0: everything is on disk. */
unsigned store_open_shards(const struct store *);

/* Those that were closed since. */
unsigned store_closed_shards(const struct store *);

/* Rows of shards closed so far that share the files of another one since (struct store_conf). */
uint64_t store_shared(const struct store *);

/* What failed; NULL: nothing. Valid as long as the store. */
const char *store_error(const struct store *);

#endif
