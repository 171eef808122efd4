/*
 * The registrable domain of a row's URL: "example.co.uk" for "img.example.co.uk", by the public
 * suffix list (libpsl; the newer of its own and that of Debian's package publicsuffix). An address,
 * or a name that is itself a public suffix, is its own domain.
 *
 * The last hosts are remembered, so a URL is rarely parsed. One thread.
 */
#ifndef CMD_SPLIT_DOMAIN_H
#define CMD_SPLIT_DOMAIN_H

#include "input/urllist.h"

struct split_domain {
    const char *name; /* valid until the next call; "": the row has no valid URL */
    uint64_t hash;    /* of the name */
};

struct split_domains;

/* NULL: there is no public suffix list. */
struct split_domains *split_domain_new(void);
void split_domain_free(struct split_domains *);

void split_domain_of(
    struct split_domains *, const struct urllist_value *url, struct split_domain *ret);

/* The hash of any text: the same in each run. */
uint64_t split_domain_hash(const char *text, size_t len);

/* True for the host or domain that is an address. */
bool split_domain_is_address(const char *host);

#endif
