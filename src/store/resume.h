/*
 * Finds out which rows of a shard earlier runs have done, so that a run can resume it.
 *
 * A shard is closed if its stats file exists, and is not torn. Its rows then count as done and are
 * not read. The
 * manifest of an open shard was appended to. Its rows are read one by one, and the last one of a
 * key counts. A row is trusted only if the files it names exist (struct layout, `has`). After the
 * last checkpoint (store/shardlock.h) their hashes are compared too, because a power cut can leave
 * a file with the right size and wrong bytes. A torn last line, left by a kill or a power cut, is
 * cut off.
 *
 * A caller can ask for rows to be done again. Such a row and its files stay until the new row is
 * written. A closed shard with such rows is reopened: the note of its delivery (store/sent.h) is
 * removed first, then its stats file. If it was delivered and its files are gone, it is refused.
 *
 * Plain data after resume_load(), except samples and lock. One thread at a time.
 */
#ifndef STORE_RESUME_H
#define STORE_RESUME_H

#include "base/err.h"
#include "manifest/statsfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESUME_MESSAGE_SIZE = 400 };
enum { RESUME_GONE = -ENOMEDIUM };

struct output;
struct samples;
struct shardlock;
struct job_before;

/* Which rows to do again. */
struct resume_rerun {
    bool refresh;           /* all of them */
    bool failed[ERR_COUNT]; /* those with this outcome */
    bool longer;            /* the list has more rows now: reopen a closed shard */
};

/* One row of an open shard, from an earlier run. */
struct resume_row {
    char *url;                 /* NULL: no trusted row */
    struct job_before *before; /* the row is to be done again; else NULL */
    char *files;    /* the paths of its files, each ended by a NUL, and a final NUL; NULL: none */
    uint64_t bytes; /* of the body */
    int64_t first;  /* the position in the shard of the row whose files it names; -1: its own */
    enum err code;
};

struct resume {
    bool closed;
    bool is_sent;  /* closed, and its delivery is noted (store/sent.h) */
    bool torn;     /* its stats file was torn: the shard is open again, and the file removed */
    bool replaces; /* rows are done again, so no checkpoint may be noted */
    struct tally tally;
    uint32_t rows;           /* done */
    uint64_t bytes;          /* of the bodies of the done rows; 0 for a closed shard */
    int64_t size;            /* bytes of an open shard's manifest */
    struct resume_row *at;   /* by position, for an open shard; NULL: no manifest */
    uint32_t capacity;       /* of `at` */
    struct samples *samples; /* of an open shard; owned, like the next one */
    struct shardlock *lock;
    char *unreadable; /* the file of a row that could not be read; then loading it failed */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE]; /* of the list lines, if it is or was closed */
};

/* Reads the shard's files, and takes the shard lock unless it is closed. 0, also if there are no
 * files: then no row is done. -EAGAIN: another process is writing the shard. Else a negative errno
 * and `message` (RESUME_MESSAGE_SIZE): a file cannot be read, or is not ours (-EBADMSG);
 * RESUME_GONE: rows are to be done again of a shard that was delivered and is not here. again: NULL
 * for none. */
int resume_load(const struct output *, uint32_t shard, const struct resume_rerun *again,
    struct resume *ret, char *message);

bool resume_is_done(const struct resume *, uint32_t pos);

/* True if an open shard has a row at this position, done or to be done again. */
bool resume_has(const struct resume *, uint32_t pos);

/* True if that row has files. */
bool resume_keeps(const struct resume *, uint32_t pos);

/* True if that row names the file `name` in `folder`, which ends with a slash. */
bool resume_names(const struct resume *, uint32_t pos, const char *folder, const char *name);

/* Hands over the old values of the row at this position if it is to be done again, else NULL. The
 * caller frees them. */
struct job_before *resume_take_before(struct resume *, uint32_t pos);

/* True if an open shard has a row at this position, made from another URL. */
bool resume_differs(const struct resume *, uint32_t pos, const char *url);

/* True if an open shard has rows at or after this position. */
bool resume_reaches(const struct resume *, uint32_t pos);

/* Copies the counts and moves ownership of samples and lock to the caller, the shard's writer. */
struct resume resume_hand_over(struct resume *);

void resume_fini(struct resume *);

#endif
