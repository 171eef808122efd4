/*
 * Which rows of a shard earlier runs have done, as the next run will see it (store/resume.h), but
 * without a lock and without changing anything: for --dry-run.
 *
 * Unlike a run, it trusts rows after the last checkpoint whose files have the right size, and the
 * samples of an unfinished tar. The content is not trusted. One thread; blocks.
 */
#ifndef AUDIT_DONESHARD_H
#define AUDIT_DONESHARD_H

#include "input/job.h"
#include "manifest/shardfiles.h"
#include "manifest/statsfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct doneshard_conf {
    int dir;                       /* the output directory; negative: there is none */
    enum shardfiles_kind manifest; /* of the layout */
    uint32_t shard_size;
    struct job_digits digits; /* of keys */
};

struct doneshard {
    bool closed;  /* it has a stats file; that has the next two */
    bool is_sent; /* closed, and its delivery is noted */
    struct tally tally;
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
    struct doneshard_row *at; /* n of them, by position */
    uint32_t n;
};

/* 0, also if there are no files; or a negative errno. doneshard_fini() it. */
int doneshard_load(const struct doneshard_conf *, uint32_t shard, struct doneshard *ret);
void doneshard_fini(struct doneshard *);

/* The outcome of the row at this position; -1: it is not done. All rows of a closed shard are;
 * where its manifest lacks one, ERR_OK. Without a manifest, the outcomes are those of the stats
 * file, in any order. */
int doneshard_code(const struct doneshard *, uint32_t pos);

/* True if the row at this position was made from another URL. */
bool doneshard_differs(const struct doneshard *, uint32_t pos, const char *url);

#endif
