/*
 * What earlier runs left of one shard: the ground that going on stands on.
 *
 * A shard is closed when its stats file is there; its rows are then taken as done
 * without being read. An open shard has a manifest that was appended to: its rows are
 * read one by one, the last one of a key counts, and a row is believed only if the
 * files it names are there, as the layout says (run/layout.h). A torn last line, left by a kill or
 * a power cut, is cut off.
 *
 * Plain data after past_load(), but for the samples. Any one thread.
 */
#ifndef RUN_PAST_H
#define RUN_PAST_H

#include "run/statsfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAST_MESSAGE_SIZE = 256 };

struct output;
struct samples;

struct past {
    bool closed;
    struct tally tally;
    uint32_t rows;   /* that are done */
    uint64_t bytes;  /* of the bodies of these rows; 0 where the shard is closed */
    char **done;     /* for each place the URL of its row if it is done, else NULL; NULL: none
                        is done, or the shard is closed */
    bool *kept;      /* likewise; the row names something that is kept */
    uint32_t places; /* entries of both */
    struct samples *samples;                      /* of an open shard; owned */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE]; /* closed: of its list lines */
};

/* Reads what is there of the shard. 0, with nothing done where nothing is there; else a negative
 * errno and `message` (PAST_MESSAGE_SIZE): a file cannot be read, or is not ours. */
int past_load(const struct output *, uint32_t shard, struct past *ret, char *message);

bool past_is_done(const struct past *, uint32_t pos);

/* The row at this place, if it is done in an open shard, was made from another URL. */
bool past_differs(const struct past *, uint32_t pos, const char *url);

/* An open shard has done rows at or behind this place. */
bool past_reaches(const struct past *, uint32_t pos);

void past_fini(struct past *);

/* Below the output directory; `out` has PAST_NAME_SIZE bytes. */
enum { PAST_NAME_SIZE = 40 };
void past_stats_name(uint32_t shard, char *out);                           /* "00000_stats.json" */
void past_manifest_name(const struct output *, uint32_t shard, char *out); /* "00000.jsonl" */

#endif
