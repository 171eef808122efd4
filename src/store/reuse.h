/*
 * Bodies from earlier output directories (--reuse). A stage: a job that has been fetched before
 * goes in, and comes back with the body that an earlier directory has of its URL, as if it had been
 * fetched.
 *
 * Always true:
 * - Nothing outside the directories is read, and no link in them is followed (base/beneath.h).
 *   Nothing in them is changed.
 * - A body is given only if the row that names it is whole and was a success, and the body has the
 *   size and the SHA-256 of the row, and the hash that the list expects, if it has one.
 * - Neither a row nor a file of an earlier directory is trusted. Another process may be writing
 *   there.
 *
 * Threads of its own read the directories. First one of them reads all manifests
 * (store/reuse_index.h); until then reuse_is_ready() is false. Calls from the loop's thread.
 */
#ifndef STORE_REUSE_H
#define STORE_REUSE_H

#include "exec/stage.h"
#include "store/reuse_index.h"

#include <uv.h>

enum { REUSE_MESSAGE_SIZE = 600 };

/* The directories, open: so that a wrong one is known of before the run begins. */
struct reuse_dirs {
    unsigned n;
    struct reuse_dir {
        const char *path; /* borrowed */
        int fd;
        bool is_written; /* another run is writing there */
    } at[];
};

/* NULL: `message` (REUSE_MESSAGE_SIZE) says which is no output directory. output: the run's own
 * directory, which may be missing, and cannot be one of them. Blocks. */
struct reuse_dirs *reuse_dirs_open(
    const char *const *paths, unsigned n, const char *output, char *message);
void reuse_dirs_close(struct reuse_dirs *);

struct reuse_conf {
    const struct reuse_dirs *dirs; /* borrowed */
    uint64_t max_size;             /* bytes of a body; a larger one is not given */
    struct budget *budget;         /* bodies take memory of it; borrowed */
    /* The job has its body (job.reused). Or not: then its err is ERR_OK, if no directory has its
     * URL; ERR_IO_ERROR, with a message, if what is there cannot be trusted; or ERR_CANCELLED. */
    stage_done *done;
    void *done_arg;
};

struct reuse;

/* NULL: `message` (REUSE_MESSAGE_SIZE) says why. */
struct reuse *reuse_open(const struct reuse_conf *, uv_loop_t *, char *message);

struct stage *reuse_stage(struct reuse *); /* stage_free() ends it */

/* All manifests have been read. The loop is woken when that becomes true. */
bool reuse_is_ready(const struct reuse *);

/* The following need that. */

/* True if an earlier directory may have the body of the URL that the job asks for. Reads only
 * memory. */
bool reuse_may_have(const struct reuse *, const struct job *);

/* What was found in a directory. */
const struct reuse_counts *reuse_counts(const struct reuse *, unsigned dir);

size_t reuse_index_size(const struct reuse *); /* bytes of memory */

#endif
