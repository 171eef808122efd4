/* What all connections share. */
#ifndef IMGSERVE_SITE_H
#define IMGSERVE_SITE_H

#include "cmd/imgserve/text.h"

#include <stdint.h>
#include <stdio.h>

struct site {
    struct files *files;
    struct stats *stats;
    struct tries *tries;
    FILE *log;       /* a line for each request: host, space, target; NULL: none */
    int64_t date_at; /* seconds of the date below */
    char date[TEXT_DATE_SIZE];
};

/* NULL: errno says why the directory cannot be opened. */
struct site *site_new(const char *dir);
void site_free(struct site *);

const char *site_date(struct site *); /* now, for the Date field */

#endif
