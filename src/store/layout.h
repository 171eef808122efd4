/*
 * How the samples of a shard are stored: as files in folders (store/store_files.h) or in the
 * directory itself (store/store_flat.h), or in tars (store/store_tar.h). A sample is what is kept
 * of a row: its original and its thumbnails; most rows that failed have none. The rows themselves
 * are in a manifest in either layout (store/shard.h).
 *
 * The feeder's thread opens the samples of a shard to find out what is done. They go to the store's
 * thread when the shard begins.
 *
 * Always true:
 * - Image first, row after: a job is `ready` for its row when all that the row will name has been
 *   written, and not before. A layout may hold jobs until then.
 * - Every job that was put becomes ready once, or comes back from free().
 * - What is written survives the end of this process, and a power cut from the next sync on.
 *
 * One thread at a time. Errors are negative errno values, for beneath_why().
 */
#ifndef STORE_LAYOUT_H
#define STORE_LAYOUT_H

#include "manifest/shardfiles.h"
#include "store/commit.h"
#include "store/store.h"

struct beneath_folders;
struct layout;
struct manifest_file;
struct manifest_row;

/* The output directory, for everything that reads or writes in it. */
struct output {
    const struct layout *layout;
    int dir;
    uint32_t shard_size;
    struct job_digits digits;        /* of keys */
    enum commit_way way;             /* this and the next are used by writers only */
    struct beneath_folders *folders; /* those that were last written to; the store's thread */
    const struct store_conf *conf;   /* borrowed */
};

/* Opens conf's directory and the folders that all shards share, made if missing; finds out how
 * files can be committed. 0 or a negative errno, for beneath_why(). */
int output_open(const struct store_conf *, struct output *ret);
void output_close(struct output *);

/* A writer of rows with the fields that the options ask for. */
struct row_writer *output_row_writer(const struct output *);

/* The first member of each layout's own struct: the samples of one open shard. */
struct samples {
    const struct output *output; /* borrowed */
    uint32_t shard;
};

struct sample_index; /* private to the layout */

struct layout {
    const char *name;              /* of the layout: "files" */
    const char *template;          /* of names, if the user gives none: see store/name.h */
    enum shardfiles_kind manifest; /* the kind of its manifests */

    /* Finds the samples that earlier runs left of an open shard. Creates no file. */
    int (*open)(const struct output *, uint32_t shard, struct samples **ret);

    /* 1 if the file exists with the recorded size; with `hash`, its SHA-256 is checked too. 0 if
     * not. A negative errno: it could not be read, so it may still be there. */
    int (*has)(struct samples *, const struct manifest_file *, bool hash);

    /* Prepares the samples of an open shard for writing, once it is known which rows are done:
     * removes those that belong to no row. */
    int (*settle)(struct samples *, const struct resume *);

    /* Notes what put() will write for a job, before any of a batch is put; then NULL, and waits
     * until the notes are on disk. The layout may set nothing in the job. NULL: it needs no notes.
     */
    int (*announce)(struct samples *, const struct job *);

    /* Takes the job, stores its sample and sets the paths of its files; or fails it, if somebody
     * else's file is in the way. Adds to `ready` the jobs
     * that are ready now, this one or others. After an error their samples may not be written, and
     * the job may be in `ready` or still held. */
    int (*put)(struct samples *, struct job *, struct job_queue *ready);

    /* Copies the sample of the first row into a duplicate job before put(), which then stores a
     * sample of its own. The job already has the first row's fields, which name files. NULL: rows
     * can share files, and the next two are NULL, too. */
    int (*copy)(struct samples *, struct job *);

    /* Reads where the samples of a closed shard are: 4 bytes for each of shard_size rows. free(3)d
     * by the caller. */
    int (*index)(const struct output *, uint32_t shard, struct sample_index **ret);

    /* Like copy(), for a first row in that closed shard. */
    int (*copy_closed)(const struct output *, const struct sample_index *, struct job *);

    /* Keeps the old sample of the row at this position, which was to be done again. Adds to `ready`
     * the jobs that waited for it. NULL: nothing has to be done. */
    int (*keep)(struct samples *, uint32_t pos, struct job_queue *ready);

    /* Makes jobs ready that wait for earlier rows: all of them, or those that have already waited
     * through a flush. NULL: no job ever waits. */
    int (*flush)(struct samples *, bool all, struct job_queue *ready);

    /* True if the row may lose its own files, because another one has the same. NULL: always. */
    bool (*may_drop)(void *samples, const struct manifest_row *);

    /* The row at this position names another row's sample from now on, and the manifest on disk
     * says so: its own sample goes. Before close(). NULL: its files are removed by the caller. */
    void (*drop)(struct samples *, uint32_t pos);

    /* Sets the paths that the files of a row will have as those of `heir`, a job for another row of
     * the shard; it has a thumbnail for each of the row's. */
    void (*name_heir)(struct samples *, const struct manifest_row *, struct job *heir);

    /* Copies the sample of that row for the heir. line: the row that the heir will have. The row
     * itself is still to be done again, and so are all before it or they are done. */
    int (*pass_on)(
        struct samples *, const struct manifest_row *, const struct job *heir, const char *line);

    /* Finishes the files of the shard. All its rows are ready. */
    int (*close)(struct samples *);

    /* Removes what a killed run left of a shard after closing it. NULL: it leaves nothing. */
    void (*tidy)(const struct output *, uint32_t shard);

    /* Moves the jobs that it still holds to `back`; NULL: it holds none. */
    void (*free)(struct samples *, struct job_queue *back);
};

static inline void samples_free(struct samples *s, struct job_queue *back)
{
    s->output->layout->free(s, back);
}

#endif
