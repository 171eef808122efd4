/*
 * The output directory as a whole, and its folder .imgfetch, which is private to the program:
 *
 *   lock           locked while a run writes into the directory
 *   options.json   the first run's options that shape the output
 *   00000.open     the lock file of an open shard (store/shardlock.h)
 *   00000.files    what is written for it in the flat layout (store/intents.h)
 *
 * A run whose options differ from options.json is refused, so that one directory never holds rows
 * of two kinds. Several runs may share a directory, each with its own shards. A run that starts
 * over (--fresh) must be the only one.
 */
#ifndef STORE_OUTDIR_H
#define STORE_OUTDIR_H

#include <stdbool.h>
#include <stddef.h>

/* An option that shapes the output. Strings are borrowed. */
struct outdir_option {
    const char *name;    /* without dashes */
    const char *value;   /* "" for none */
    const char *initial; /* the value without the option, also where options.json lacks it */
    bool may_change;     /* a limit: it may differ when rows are fetched again */
};

struct outdir_conf {
    const char *path; /* created if missing; its parents are not */
    const struct outdir_option *options;
    size_t n_options;
    bool redo;  /* rows are fetched again: limits may differ, and the new ones are noted */
    bool fresh; /* start over: first remove what the manifests name */
};

enum outdir_status {
    OUTDIR_OPEN,
    OUTDIR_DIFFERS, /* made with other options */
    OUTDIR_FAILED,  /* it cannot be used, or another process uses it */
};

enum { OUTDIR_MESSAGE_SIZE = 1200 };

struct outdir;

/* Blocks while another run opens the same directory. Sets *ret for OUTDIR_OPEN only; else `message`
 * (OUTDIR_MESSAGE_SIZE) says why. */
enum outdir_status outdir_open(const struct outdir_conf *, struct outdir **ret, char *message);

/* True if the file system has no locks: nothing keeps two processes from writing the same shard. */
bool outdir_has_no_locks(const struct outdir *);

void outdir_close(struct outdir *);

/* For readers (audit/): checks an open directory. 0: it is an output directory. -ENOENT: it is not;
 * -EBUSY: a run is writing there; or another negative errno. */
int outdir_look(int dir);

#endif
