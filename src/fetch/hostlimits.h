/*
 * Limits of the user for single hosts, in place of those for all: --per-host=HOST:N and
 * --host-rate=HOST:R.
 *
 * A host is a name in the normal form of input/url_host.h, or "*." and a name: all hosts below
 * that name, but not itself. The host's own limit comes first, then that of the longest name. Both
 * limits are looked up on their own. A limit set again replaces the earlier one.
 *
 * One thread.
 */
#ifndef FETCH_HOSTLIMITS_H
#define FETCH_HOSTLIMITS_H

#include "fetch/pace.h"

#include <stddef.h>

struct hostlimits;

struct hostlimits *hostlimits_new(void);
void hostlimits_free(struct hostlimits *);

/* Reads a host of `len` bytes as a user writes it. free() it. NULL: *why says why (static text). */
char *hostlimits_host(const char *text, size_t len, const char **why);

/* For a host as hostlimits_host() returns it; 0: no limit. */
void hostlimits_set_at_once(struct hostlimits *, const char *host, unsigned n);
void hostlimits_set_rate(struct hostlimits *, const char *host, double rate);

/* Replaces the limits in *ret that are set for this host. NULL: none are set for any. */
void hostlimits_apply(const struct hostlimits *, const char *host, struct pace_conf *ret);

/* Calls `each` for every host that has a limit, in the order in which they were first set. A NULL
 * is a limit that was not set. */
void hostlimits_list(const struct hostlimits *,
    void (*each)(void *arg, const char *host, const unsigned *at_once, const double *rate),
    void *arg);

#endif
