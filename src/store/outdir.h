/*
 * The output directory as a whole, and its folder .imgfetch, which is private to the program:
 *
 *   lock           locked while a run writes into the directory
 *   options.json   the options that shape the output, and the lists (store/diroptions.h)
 *   run.json       how the last run was started (store/runnote.h)
 *   00000.open     the lock file of an open shard (store/shardlock.h)
 *   00000.files    what is written for it in the flat layout (store/intents.h)
 *   00000.sent     a closed shard was delivered (store/sent.h)
 *   update         what it is to a run that replaces it (store/update.h)
 *   removed.jsonl  rows that were kept although the list has them no more (a list)
 *
 * A run whose options differ from options.json is refused, so that one directory never holds rows
 * of two kinds. That holds from the first row on that succeeded. Until then, a run with other
 * options or another list starts anew: it removes the failed rows. options.json is written before
 * the first row, and replaced when the last one is gone, so whatever a kill leaves fits to it.
 *
 * Several runs may share a directory, each with its own shards. A run that starts over (--fresh) or
 * anew must be the only one.
 */
#ifndef STORE_OUTDIR_H
#define STORE_OUTDIR_H

#include "base/buf.h"
#include "input/listmark.h"

#include <stdbool.h>
#include <stddef.h>

enum outdir_effect {
    OUTDIR_SHAPES,
    OUTDIR_LIMITS, /* which images are accepted: it may differ when rows are fetched again */
    OUTDIR_READS,  /* which rows the list has; the rows are compared, so it may differ */
    OUTDIR_TRIES,  /* which rows succeed; it may differ */
};

/* An option that determines what is in the output. Strings are borrowed. */
struct outdir_option {
    const char *name;    /* without dashes */
    const char *value;   /* "" for none; NULL: of no effect in this run, so it is not noted */
    const char *initial; /* the value without the option, also where options.json lacks it */
    enum outdir_effect effect;
};

struct outdir_conf {
    const char *path; /* created if missing; its parents are not */
    const struct outdir_option *options;
    size_t n_options;
    const struct listmark *lists; /* n_lists of them; 0: they are not noted and not compared */
    size_t n_lists;
    bool is_task; /* of several that share the directory, who may try differently, and whose lists
                     are equal if they cannot be told apart */
    bool redo;    /* rows are fetched again: limits may differ, and the new ones are noted */
    bool fresh;   /* start over: first remove what the manifests name */
};

enum outdir_status {
    OUTDIR_OPEN,
    OUTDIR_DIFFERS, /* made with other options */
    OUTDIR_FAILED,  /* it cannot be used, or another process uses or replaces it */
};

enum { OUTDIR_MESSAGE_SIZE = 1200 };

struct outdir_told {
    char message[OUTDIR_MESSAGE_SIZE]; /* unless OUTDIR_OPEN: why */
    bool other_options; /* OUTDIR_DIFFERS: it has successes, made with options that can be given */
    bool anew;          /* OUTDIR_OPEN: no row had succeeded, and the run starts anew */
    uint64_t dropped;   /* then: rows that were there */
};

struct outdir;
struct runnote;

/* Blocks while another run opens the same directory. Sets *ret for OUTDIR_OPEN only. */
enum outdir_status outdir_open(
    const struct outdir_conf *, struct outdir **ret, struct outdir_told *);

/* What outdir_open() would tell now. Writes nothing, and takes no lock. Nor does a directory have
 * to exist. */
enum outdir_status outdir_try(const struct outdir_conf *, struct outdir_told *);

/* True if the file system has no locks: nothing keeps two processes from writing the same shard. */
bool outdir_has_no_locks(const struct outdir *);

/* Notes these lists and how they are read, after a run that has found that the directory's rows are
 * theirs. 0 or a negative errno. */
int outdir_note_lists(struct outdir *, const struct outdir_conf *);

/* Notes how this run was started (store/runnote.h). Call it once the run has something to write:
 * one that is refused is not the last run. Blocks; any thread. */
void outdir_note_run(struct outdir *, const struct runnote *);

void outdir_close(struct outdir *);

/* Locks an output directory against all runs, for store/update.h. A descriptor, whose end is that
 * of the lock; -EAGAIN: another process is at work there; -ENOENT: it is no output directory; or
 * another negative errno. Locks nothing where the file system has no locks. */
int outdir_seize(int dir);

/* For readers (audit/): checks an open directory. 0: it is an output directory. -ENOENT: it is not;
 * -EBUSY: a run is writing there; or another negative errno. */
int outdir_look(int dir);

/* What is noted in the directory. 0 or a negative errno; then diroptions_fini() it. */
struct diroptions;
int outdir_read_note(const char *path, struct diroptions *ret);

/* Appends the words that a user types for that value of the option, each ended by a NUL, and an
 * empty one: "--quality=70", "--no-originals". None, for an option that then is not given. */
void outdir_typed(const struct outdir_option *, const char *value, struct buf *ret);

#endif
