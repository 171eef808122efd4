/*
 * 00000_stats.json. It is written last when a shard closes, so it exists only if the shard is
 * complete. Its fields are those of img2dataset, for tools that read them, and more: list_sha256,
 * the fingerprint of the shard's list lines; sandbox, the level of the decoders' sandbox in the run
 * that completed the shard, or null; and statistics (manifest/rowstats.h).
 */
#ifndef MANIFEST_STATSFILE_H
#define MANIFEST_STATSFILE_H

#include "base/buf.h"
#include "manifest/rowstats.h"
#include "manifest/tally.h"

#include <stdbool.h>

enum { STATSFILE_FINGERPRINT_SIZE = 65 }; /* SHA-256 in hex, and a NUL */

struct statsfile {
    struct tally tally;
    double start_time, end_time; /* seconds since 1970-01-01 UTC */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
    /* Borrowed, and not set by _parse. */
    const char *sandbox;   /* NULL: nothing was decoded */
    struct rowstats *rows; /* of the shard, which are sorted; NULL: not known */
};

/* Appends the text. False: no memory. */
bool statsfile_format(const struct statsfile *, struct buf *ret);

/* `text` ends with a NUL. False: it is not a stats file of imgfetch. */
bool statsfile_parse(const char *text, struct statsfile *ret);

/* True for the beginning of a stats file of imgfetch that lacks its end: a failing disk or somebody
 * has cut it off, or filled the rest with NULs. Empty counts. A NUL follows the text. */
bool statsfile_is_torn(const struct buf *);

#endif
