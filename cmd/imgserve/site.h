/* What all connections share. The server makes it. */
#ifndef IMGSERVE_SITE_H
#define IMGSERVE_SITE_H

#include "cmd/imgserve/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct site {
    struct files *files;
    struct stats *stats;
    struct tries *tries;
    FILE *log;       /* a line for each request: host, space, target; NULL: none */
    int64_t date_at; /* seconds of the date below */
    char date[TEXT_DATE_SIZE];
    bool is_gated;       /* responses beyond `gate_opens` wait until it is false again */
    uint64_t gate_opens; /* responses that may still begin while it is true */
};

#endif
