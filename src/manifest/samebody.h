/*
 * Finds hosts that give the same body under many URLs, as they do when they have a placeholder for
 * what is gone. Both a run and the survey of a directory count so.
 *
 * It takes at most 12 MB. The URLs and bodies seen last are remembered, in two generations like
 * those of feed/dedupe.h: a URL counts once for its body if it comes again among the next 98,000
 * or so. A body that was found is counted to the end; so are at most SAMEBODY_FOUND_MAX.
 *
 * One thread.
 */
#ifndef MANIFEST_SAMEBODY_H
#define MANIFEST_SAMEBODY_H

#include <stdint.h>

enum {
    SAMEBODY_URLS_MIN = 10, /* of a body that is found */
    SAMEBODY_FOUND_MAX = 2000,
    SAMEBODY_GENERATION = 3 << 16, /* three quarters of 2^18 buckets */
};

struct samebody;
struct samebody *samebody_new(void);
void samebody_free(struct samebody *);

/* A URL of this host gave a body with this hash. */
void samebody_add(struct samebody *, const char *host, const char *url, const uint8_t sha256[32]);

struct samebody_row {
    const char *host; /* valid as long as the samebody */
    uint8_t sha256[32];
    uint64_t n; /* URLs, at least SAMEBODY_URLS_MIN */
};

/* Writes the at most n bodies with the most URLs, those with more first; returns how many. */
unsigned samebody_top(const struct samebody *, struct samebody_row *ret, unsigned n);

#endif
