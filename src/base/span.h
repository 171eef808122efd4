/*
 * A run of bytes owned by someone else: mostly a part of a header. It has no NUL at its end. If
 * `at` is NULL, it means "not given". Any thread.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

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

/* Cuts *rest at the first `sep`: returns what is before it and leaves what is
 * after it (nothing if there is no `sep`). */
struct span span_cut(struct span *rest, char sep);

/* Removes spaces and tabs at both ends. */
struct span span_trim(struct span);

/* Reads a number of decimal digits only, at most `max`. */
bool span_number(struct span, uint64_t max, uint64_t *ret);

/* Percent-decodes into `out`, which has room for span.len bytes. The result can
 * have any byte, even NUL. False: a `%` without two hex digits. */
bool span_decode(struct span, char *out, size_t *ret_len);

#endif
