/*
 * What earlier runs left of one shard: the ground that going on stands on.
 *
 * A shard is closed when its stats file is there; its rows are then taken as done without being
 * read. An open shard has a manifest that was appended to: its rows are read one by one, the last
 * one of a key counts, and a row is believed only if the files it names are there, as the layout
 * says (store/layout.h). Behind the last checkpoint (store/shardlock.h) they are read and their
 * hashes compared, because a power cut can leave a file of the right size with other bytes. A torn
 * last line, left by a kill or a power cut, is cut off.
 *
 * Rows can be asked for to be done again. Such a row and its files stay as they are until the new
 * one is written. A closed shard with such rows is opened: its stats file is removed first.
 *
 * Plain data after resume_load(), but for samples and claim. Any one thread.
 */
#ifndef STORE_RESUME_H
#define STORE_RESUME_H

#include "base/err.h"
#include "manifest/statsfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESUME_MESSAGE_SIZE = 256 };

struct output;
struct samples;
struct shardlock;
struct job_before;

/* Which rows are to be done again. */
struct resume_rerun {
    bool refresh;           /* all of them */
    bool failed[ERR_COUNT]; /* those that ended so */
    bool longer;            /* the shard has got more rows: a closed one is opened */
};

/* What an earlier run has said of one row of an open shard. */
struct resume_row {
    char *url;                 /* NULL: nothing that is believed */
    struct job_before *before; /* the row is to be done again; else NULL */
    char *files;    /* the paths of what is kept, each with a NUL, and one more; NULL: nothing is */
    uint64_t bytes; /* of its body */
    enum err code;
};

struct resume {
    bool closed;
    bool replaces; /* rows are done again: no checkpoint may be noted */
    struct tally tally;
    uint32_t rows;           /* that are done */
    uint64_t bytes;          /* of the bodies of these rows; 0 where the shard is closed */
    int64_t size;            /* of the manifest of an open shard */
    struct resume_row *at;   /* each place of an open shard; NULL where there is none */
    uint32_t capacity;       /* of them */
    struct samples *samples; /* of an open shard; owned, like the next one */
    struct shardlock *lock;
    char fingerprint[STATSFILE_FINGERPRINT_SIZE]; /* closed, or it was: of its list lines */
};

/* Reads what is there of the shard, and claims it if it is open. 0, with nothing done where nothing
 * is there. -EAGAIN: another process is writing it. Else a negative errno and `message`
 * (RESUME_MESSAGE_SIZE): a file cannot be read, or is not ours. again: NULL for none. */
int resume_load(const struct output *, uint32_t shard, const struct resume_rerun *again,
    struct resume *ret, char *message);

bool resume_is_done(const struct resume *, uint32_t pos);

/* There is a row at this place in an open shard, done or to be done again. */
bool resume_has(const struct resume *, uint32_t pos);

/* That row has something that is kept. */
bool resume_keeps(const struct resume *, uint32_t pos);

/* That row names this file: `name` in `folder`, which ends with a slash. */
bool resume_names(const struct resume *, uint32_t pos, const char *folder, const char *name);

/* What the row at this place says, if it is to be done again; the caller's to free. */
struct job_before *resume_take_before(struct resume *, uint32_t pos);

/* The row at this place, if there is one in an open shard, was made from another URL. */
bool resume_differs(const struct resume *, uint32_t pos, const char *url);

/* An open shard has rows at or behind this place. */
bool resume_reaches(const struct resume *, uint32_t pos);

/* What who writes the shard needs of it: the counts, and the samples and the claim, which are his
 * from here on. */
struct resume resume_hand_over(struct resume *);

void resume_fini(struct resume *);

#endif
