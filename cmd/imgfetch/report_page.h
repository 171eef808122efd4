/* The parts of the page of a comparison; report.c puts them together. */
#ifndef CMD_REPORT_PAGE_H
#define CMD_REPORT_PAGE_H

#include "cmd/imgfetch/compare_figures.h"

#include <stdio.h>

extern const char report_style[]; /* the style sheet: report_style.c */

/* The contenders of one section: with, or without, thumbnails. */
struct report_section {
    const struct comparison *all;
    const struct contender *at[64];
    unsigned n;
};

void report_figures(FILE *, const struct report_section *); /* the charts: report_figures.c */

/* Names, lines and colours, for all charts of a section. */
void report_figures_legend(FILE *, const struct report_section *);

#endif
