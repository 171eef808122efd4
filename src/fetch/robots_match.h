/*
 * Matches a pattern of a robots.txt against a path. Part of fetch/robots.h.
 *
 * Both are compared in their normal form (RFC 9309, section 2.2.2). Characters that need no percent
 * encoding are decoded, those that need it are encoded, and the others stay, as encoding changes
 * their meaning. But in a query the RFC treats `:` and `/` the same, encoded or not; this code does
 * so for `?`, `@`, `[` and `]`, too. (A pattern without `?` that reaches a query through `*` must
 * write them unencoded.)
 */
#ifndef FETCH_ROBOTS_MATCH_H
#define FETCH_ROBOTS_MATCH_H

#include "base/buf.h"

/* Appends the normal form. In a pattern, `*` and a final `$` stay; everywhere else they become
 * "%2A" and "%24". False: no memory. */
bool robots_match_normalize(const char *in, size_t len, bool is_pattern, struct buf *out);

struct robots_pattern {
    const char *at; /* normal form, without the `$` at its end */
    size_t len;
    bool to_end; /* there was a `$` */
};

/* The path is in normal form. Takes linear time, apart from memmem(3). */
bool robots_match(const struct robots_pattern *, const char *path, size_t len);

#endif
