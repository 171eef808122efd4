/*
 * Edits the text of a row (manifest/row.h): the files that it names. What is not edited stays byte
 * for byte. Lines have no line feed, and may be anybody's: a search for a quoted field name cannot
 * hit a value, because quotes in values are escaped.
 */
#ifndef MANIFEST_ROWTEXT_H
#define MANIFEST_ROWTEXT_H

#include "base/buf.h"

/* A piece of a line. */
struct rowtext {
    const char *at;
    size_t len;
};

/* The piece with `path`, `thumbs` and `duplicate_of`: it begins with the comma before the first,
 * and ends before the comma behind the last. False: it is no row of a manifest. */
bool rowtext_files(const char *line, size_t len, struct rowtext *ret);

/* Of that piece, what `path` and `thumbs` say; and the value of `duplicate_of`, with its quotes. */
struct rowtext rowtext_paths(struct rowtext files);
struct rowtext rowtext_owner(struct rowtext files);

/* The key that the line begins with. at NULL: there is none. */
struct rowtext rowtext_key(const char *line, size_t len);

/* Appends the line, which names the files of `first` from now on, another row of the shard, and is
 * its duplicate. False: one of the two is no row, or there is no memory. */
bool rowtext_share(const char *line, size_t len, struct rowtext first, struct buf *ret);

/* Appends the line, with the files that `own` names, and no duplicate. False: likewise. */
bool rowtext_own(const char *line, size_t len, struct rowtext own, struct buf *ret);

#endif
