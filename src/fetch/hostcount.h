/* Counts per host, in bounded memory: when the table is full, new hosts are not counted. A zeroed
 * struct is empty. */
#ifndef FETCH_HOSTCOUNT_H
#define FETCH_HOSTCOUNT_H

#include <stdint.h>

enum { HOSTCOUNT_MAX = 10000 };

struct hostcount_entry;
struct hostcount {
    struct hostcount_entry *by_name;
};

struct hostcount_row {
    const char *host; /* valid as long as the hostcount */
    uint64_t n;
};

void hostcount_add(struct hostcount *, const char *host);
/* Writes the at most n hosts with the highest counts, highest first; returns how many. */
unsigned hostcount_top(const struct hostcount *, struct hostcount_row *ret, unsigned n);
void hostcount_fini(struct hostcount *);

#endif
