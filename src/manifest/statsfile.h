/*
 * 00000_stats.json: written last of all when a shard closes, so that it is there
 * only if the shard is whole. Its fields are img2dataset's, whose users read them, and
 * list_sha256, the fingerprint of the list lines the shard was made from, and sandbox, the level
 * of the decoders' sandbox in the run that completed it, or null.
 */
#ifndef MANIFEST_STATSFILE_H
#define MANIFEST_STATSFILE_H

#include "base/buf.h"
#include "manifest/tally.h"

#include <stdbool.h>

enum { STATSFILE_FINGERPRINT_SIZE = 65 }; /* SHA-256 in hex, and a NUL */

struct statsfile {
    struct tally tally;
    double start_time, end_time; /* seconds since 1970-01-01 UTC */
    char fingerprint[STATSFILE_FINGERPRINT_SIZE];
    const char *sandbox; /* borrowed; NULL: nothing was decoded. Not read back */
};

/* Appends the text. False: no memory. */
bool statsfile_format(const struct statsfile *, struct buf *ret);

/* `text` ends with a NUL. False: this is no stats file of ours. */
bool statsfile_parse(const char *text, struct statsfile *ret);

#endif
