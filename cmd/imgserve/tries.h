/* Counts requests per URL and questions per name: the memory of fail_first. */
#ifndef IMGSERVE_TRIES_H
#define IMGSERVE_TRIES_H

#include "base/span.h"

enum { TRIES_MAX = 20000 }; /* URLs and names remembered */

struct tries;

struct tries *tries_new(void);
void tries_free(struct tries *);

/* Returns how often it was asked for, this time included; UINT64_MAX if there is
 * no room to remember one more. */
uint64_t tries_count(struct tries *, struct span host, struct span target);

void tries_reset(struct tries *);

#endif
