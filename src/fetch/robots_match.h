/*
 * Does a pattern of a robots.txt match a path? Inside robots.c alone.
 *
 * Both are compared in their normal form (RFC 9309, section 2.2.2): what need not be
 * percent-encoded is not, what has to be is, and the rest is left, as it means
 * something else when encoded. In a query, though, the RFC takes `:` and `/` for the
 * same encoded or not, and so are `?`, `@`, `[` and `]` here. (A pattern without `?`
 * that meets a query by way of `*` has to write them plainly.)
 */
#ifndef FETCH_ROBOTS_MATCH_H
#define FETCH_ROBOTS_MATCH_H

#include "base/buf.h"

/* Appends the normal form. Of a pattern `*`, and `$` at its end, stay plain;
 * everywhere else they become "%2A" and "%24". False: no memory. */
bool robots_match_normalize(const char *in, size_t len, bool is_pattern, struct buf *out);

struct robots_pattern {
    const char *at; /* normal form, without the `$` at its end */
    size_t len;
    bool to_end; /* there was a `$` */
};

/* The path is in normal form. Linear in the two lengths but for what memmem() takes. */
bool robots_match(const struct robots_pattern *, const char *path, size_t len);

#endif
