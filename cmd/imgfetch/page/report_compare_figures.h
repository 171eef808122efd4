/* The charts of a comparison; report_compare.c writes the page. */
#ifndef CMD_REPORT_COMPARE_FIGURES_H
#define CMD_REPORT_COMPARE_FIGURES_H

#include "cmd/imgfetch/compare/compare_figures.h"

#include <stdio.h>

/* The contenders of one section, either with or without thumbnails. */
struct report_section {
    const struct comparison *all;
    const struct contender *at[64];
    unsigned n;
};

void report_compare_figures(FILE *, const struct report_section *);

/* Names, lines and colours, for all charts of a section. */
void report_compare_legend(FILE *, const struct report_section *);

#endif
