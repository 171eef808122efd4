/* The page of a comparison: tables and charts. */
#ifndef CMD_REPORT_COMPARE_H
#define CMD_REPORT_COMPARE_H

#include "cmd/imgfetch/compare/compare_advice.h"

#include <stdbool.h>

/* False: errno says why. */
bool report_compare_write(const char *path, const struct comparison *, const struct advice *);

#endif
