/*
 * A run of bytes that belongs to someone else: a part of a request, mostly.
 * No NUL at its end. `at` is NULL where a span stands for "not given".
 */
#ifndef IMGSERVE_SPAN_H
#define IMGSERVE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *at;
    size_t len;
};

struct span span_of(const char *text);
bool span_is(struct span, const char *text);
bool span_is_nocase(struct span, const char *text); /* ASCII letters only */
bool span_starts(struct span, const char *prefix);

/* Cuts *rest at the first `sep`: gives what stands before it and leaves what
 * stands after it (nothing, when there is no `sep`). */
struct span span_cut(struct span *rest, char sep);

/* Without spaces and tabs at both ends. */
struct span span_trim(struct span);

/* Decimal digits alone, at most `max`. */
bool span_number(struct span, uint64_t max, uint64_t *ret);

/* Percent-decodes into `out`, which has room for span.len bytes; any byte can
 * come of it, NUL too. False: a `%` without two hex digits. */
bool span_decode(struct span, char *out, size_t *ret_len);

#endif
