/*
 * The output directory as a whole, and the folder .imgfetch in it, which holds what is for us
 * alone:
 *
 *   lock           locked for as long as a run writes into the directory
 *   options.json   the options of the first run that shape what comes out
 *   00000.open     the claim on an open shard (store/shardlock.h)
 *
 * So that one directory never holds rows of two kinds, a run with other options than those noted
 * is refused. Runs may share a directory, each with its shards; one that starts over has to be
 * alone in it.
 */
#ifndef STORE_OUTDIR_H
#define STORE_OUTDIR_H

#include <stdbool.h>
#include <stddef.h>

/* An option that shapes the output. Texts are borrowed. */
struct outdir_option {
    const char *name;    /* without dashes */
    const char *value;   /* "" for none */
    const char *initial; /* without the option; what a note that does not name it means */
    bool may_change;     /* a limit: rows that are fetched again may go by another one */
};

struct outdir_conf {
    const char *path; /* made if missing; not its parents */
    const struct outdir_option *options;
    size_t n_options;
    bool redo;  /* rows are to be done again: the limits may be other ones, and are noted */
    bool fresh; /* start over: what the manifests name is removed first */
};

enum outdir_status {
    OUTDIR_OPEN,
    OUTDIR_DIFFERS, /* made with other options */
    OUTDIR_FAILED,  /* it cannot be used, or another process is in the way */
};

enum { OUTDIR_MESSAGE_SIZE = 1200 };

struct outdir;

/* Blocks while another run begins in the same directory. *ret is set for OUTDIR_OPEN only, else
 * `message` (OUTDIR_MESSAGE_SIZE) says why not. */
enum outdir_status outdir_open(const struct outdir_conf *, struct outdir **ret, char *message);

/* The file system has no locks: nothing keeps two processes from writing one shard. */
bool outdir_has_no_locks(const struct outdir *);

void outdir_close(struct outdir *);

/* For who only looks. dir: open. -ENOENT: no run has ever made anything there; -EBUSY: one is
 * writing there; 0 or another negative errno. */
int outdir_look(int dir);

#endif
