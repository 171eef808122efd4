/* Counts rows by outcome. A plain value. */
#ifndef MANIFEST_TALLY_H
#define MANIFEST_TALLY_H

#include "base/err.h"

#include <stdint.h>

struct tally {
    uint64_t by_code[ERR_COUNT]; /* by_code[ERR_OK]: successes */
};

uint64_t tally_rows(const struct tally *);
uint64_t tally_failed_to_download(const struct tally *);
uint64_t tally_failed_to_resize(const struct tally *);
void tally_add(struct tally *, const struct tally *more);

#endif
