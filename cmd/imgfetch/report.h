/*
 * The page of a comparison: one HTML file that needs nothing else, with tables and charts
 * (inline SVG), for wide and narrow screens, light and dark.
 */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "cmd/imgfetch/compare_advice.h"

/* Whether that may become a page: asked before the work. False: errno says why not. */
bool report_is_writable(const char *path);

/* False: errno says why. */
bool report_write(const char *path, const struct comparison *, const struct advice *);

#endif
