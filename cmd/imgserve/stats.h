/*
 * Counts requests, in total and per host (the Host field, lower case, without
 * port).
 *
 * Always true: in_flight is the number of stats_begin() without stats_end();
 * a maximum is never below its current value, and stats_reset() makes the two equal.
 */
#ifndef IMGSERVE_STATS_H
#define IMGSERVE_STATS_H

#include "base/buf.h"
#include "base/span.h"
#include "cmd/imgserve/dns_script.h"

enum { STATS_HOSTS_MAX = 20000 }; /* any more count only in the totals */

struct stats;
struct stats_host;

struct stats *stats_new(void);
void stats_free(struct stats *);

void stats_opened(struct stats *);
void stats_closed(struct stats *);
void stats_refused(struct stats *); /* a malformed request */
void stats_sent(struct stats *, uint64_t bytes);

/* `last` belongs to the connection: 0 at first, then the host of its last request,
 * so that a connection counts once for its host. NULL: the host is not counted. */
struct stats_host *stats_begin(struct stats *, struct span host, uint64_t *last);
void stats_end(struct stats *, struct stats_host *); /* NULL as stats_begin() gave it */

/* A question to the DNS server; those lost on purpose end at once. */
void stats_dns_begin(struct stats *, enum dns_fate);
void stats_dns_end(struct stats *);
void stats_dns_dropped(struct stats *); /* a packet that is not a question */

void stats_json(const struct stats *, struct buf *out);
void stats_reset(struct stats *); /* keeps what is open or in flight */

#endif
