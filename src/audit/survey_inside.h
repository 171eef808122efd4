/* Shared by the files survey*.c. Part of audit/survey.h. */
#ifndef AUDIT_SURVEY_INSIDE_H
#define AUDIT_SURVEY_INSIDE_H

#include "audit/survey.h"
#include "manifest/manifest.h"
#include "manifest/shardfiles.h"

#include <stdio.h>

/* ---- lines: survey_lines.c ---- */

/* Calls `take` with each line that begins with a key of this shard; for an open shard, only with
 * the last line of each key. A NUL replaces the line feed. Returns the number of other lines. */
typedef void survey_take(void *arg, const char *line);
uint64_t survey_lines(FILE *, const struct shardfiles *, survey_take *, void *arg);

/* The position of the row, from its key; -1: it is no row of this shard. */
int64_t survey_position(const struct shardfiles *, const char *line);

/* Opens the manifest of a shard. NULL: it is missing, or cannot be read. */
FILE *survey_open_manifest(int dir, const struct shardfiles *);

/* ---- texts, times, hosts ---- */

/* Keeps at most `most` bytes. Does nothing if the text is set, or for NULL. */
void survey_keep_cut(struct survey_text *, const char *, size_t most);
void survey_keep_text(struct survey_text *, const char *); /* SURVEY_TEXT_MAX */
void survey_keep_example(struct survey_example *, const struct manifest_row *);
void survey_forget_example(struct survey_example *);

/* started, ended: ms since 1970-01-01 UTC, not negative. _span extends the time and adds no row. */
void survey_add_span(struct survey_time *, int64_t started, int64_t ended);
void survey_add_time(
    struct survey_time *, int64_t started, int64_t ended, const struct survey_cell *);

/* A table of at most SURVEY_HOSTS_KNOWN hosts. A zeroed struct is empty. */
enum { SURVEY_HOSTS_KNOWN = 10000 };
struct survey_hosts {
    struct survey_hosts_entry *by_name;
};
/* False: the table is full, and the host is not in it. */
bool survey_add_host(struct survey_hosts *, const char *name, const struct manifest_row *);
/* Moves the hosts with most failures to the survey, and empties the table. */
void survey_take_hosts(struct survey_hosts *, struct survey *);

/* ---- the last run: survey_run.c ---- */

void survey_read_run(int dir, struct survey_run *);
void survey_forget_run(struct survey_run *);

/* ---- pictures: survey_sample.c, survey_pictures.c ---- */

/* Systematic sample: keeps every step-th row, and doubles `step` when it would hold more than twice
 * as many as will be shown. */
struct survey_sample {
    uint64_t seen, step;
    unsigned n;
    struct survey_candidate {
        char *path;
        int64_t bytes; /* from the row */
        uint32_t shard;
        unsigned digits; /* of its number, in names */
        struct survey_shown row;
    } at[2 * SURVEY_PICTURES];
};
void survey_add_candidate(struct survey_sample *, const struct shardfiles *,
    const struct manifest_row *, const struct manifest_file *thumb);
/* Keeps at most `n`, evenly spread. */
void survey_thin(struct survey_sample *, unsigned n);
void survey_sample_fini(struct survey_sample *);
void survey_forget_shown(struct survey_shown *);

/* Reads as many pictures as fit on a page. */
void survey_read_pictures(int dir, struct survey_sample *, struct survey *);

/* Reads the pictures of all candidates, those of a shard in a row, into ret[]; at most bytes_max
 * bytes. A picture without bytes was not read. Takes the rows of the others from the candidates. */
void survey_read_candidates(
    int dir, struct survey_sample *, size_t bytes_max, struct survey_picture *ret);

/* ---- near duplicates: survey_alike.c ---- */

/* Perceptual hashes, in the order of the rows. A zeroed struct is empty. It takes 16 bytes for each
 * row, and 4 MB at the end. */
struct survey_hashes {
    struct survey_hash {
        uint64_t hash;
        uint32_t shard, pos;
    } * at;
    size_t n, room;
};
/* Adds the row, unless it has no hash or there are SURVEY_ALIKE_ROWS. */
void survey_add_hash(struct survey_hashes *, const struct shardfiles *, const char *line,
    const struct manifest_row *, struct survey *);
/* Finds the groups and reads what is shown of them from the n shards. Empties the hashes. */
void survey_take_alike(
    struct survey_hashes *, int dir, const struct shardfiles *shards, size_t n, struct survey *);

#endif
