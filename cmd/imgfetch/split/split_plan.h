/*
 * Which list a row is written to. All rows of a domain have one list, by the domain's hash; those
 * of a domain with more than 1/N of the rows are spread over several by their URL's hash, so that
 * repeats of a URL stay together. Each of these lists has its share of the domain's limits.
 *
 * One thread.
 */
#ifndef CMD_SPLIT_PLAN_H
#define CMD_SPLIT_PLAN_H

#include "base/buf.h"
#include "base/hash.h"
#include "cmd/imgfetch/split/split_count.h"
#include "cmd/imgfetch/split/split_domain.h"
#include "fetch/hostlimits.h"

struct split_spread {
    UT_hash_handle hh; /* by `hash` */
    uint64_t hash;     /* of the domain */
    uint64_t rows;
    unsigned first, k; /* its k lists begin with this one, and go on at 0 */
    char name[];
};

struct split_plan {
    unsigned n;                  /* lists */
    struct split_spread *spread; /* domains that have more than one, the largest first */
    const struct split_plan_limits {
        unsigned per_host;
        double host_rate;
        const struct hostlimits *hosts;
    } * limits;
};

/* `limits` is borrowed. */
void split_plan_init(struct split_plan *, unsigned n, const struct split_plan_limits *limits,
    const struct split_count *, uint64_t rows);
void split_plan_fini(struct split_plan *);

unsigned split_plan_list(
    const struct split_plan *, const struct split_domain *, const struct urllist_value *url);

/* Appends the limits of the spread domains that have rows in this list, as lines of a file of
 * options. */
void split_plan_put_limits(const struct split_plan *, unsigned list, struct buf *ret);

#endif
