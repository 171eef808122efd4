/* A count for each host, of bounded size: when it is full, new hosts are counted
 * as none. A zeroed struct is empty. */
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
/* The n hosts that count most, most first; returns how many there are. */
unsigned hostcount_top(const struct hostcount *, struct hostcount_row *ret, unsigned n);
void hostcount_fini(struct hostcount *);

#endif
