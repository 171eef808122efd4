/*
 * --update: decides how a directory is brought in line with its list, and does what comes before
 * and after the run (store/update.h).
 *
 * A directory that has the rows of the list, as far as they are done, is not replaced: the run goes
 * on in it. So does a run whose directory is not there yet. Otherwise the run makes DIR.update,
 * reusing DIR; and when that is complete, it takes the place of DIR.
 */
#ifndef CMD_UPDATING_H
#define CMD_UPDATING_H

#include "cmd/imgfetch/destination.h"
#include "store/update.h"

struct updating {
    const struct options *options;
    const struct listparquet_engine *parquet; /* reads lists; NULL: none is Parquet */
    struct update *update;                    /* NULL: nothing is replaced */
    const char *const *reuse; /* the directories of --reuse, and DIR before them; ends with NULL */
    unsigned n_reuse;
    struct reuse_dirs *reuse_dirs; /* they are open; NULL: there are none */
    const char *const *lists;      /* those of the run; ends with NULL */
    size_t n_lists;
    /* what these point to */
    const char *dirs[OPTIONS_MAX_REPEATED + 2];
    const char **with_removed;
    char *removed; /* the path of the rows that are kept (removed.h) */
};

/* Decides in which directory the run writes, and of which lists, and opens the directories of
 * --reuse: fills that in, also without --update. Comes before confinement and the first thread.
 * Returns the exit status; unless it is EXIT_OK, the reason is on standard error. updating_fini()
 * it in any case, after the run. */
int updating_begin(
    struct updating *, const struct options *, struct destination *, struct pipeline_conf *);
void updating_fini(struct updating *);

/* After a run that ended with this status: replaces the directory if the new one is complete.
 * has_failures: it has rows that failed. Returns the status of the whole. */
int updating_end(struct updating *, int status, bool has_failures);

#endif
