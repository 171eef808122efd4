/* The page of an output directory: contact sheet, rates, distributions, failures. */
#ifndef CMD_REPORT_DIR_H
#define CMD_REPORT_DIR_H

#include "cmd/imgfetch/options/options.h"

/* --report without --compare; returns the exit status. */
int report_dir(const struct options *);

#endif
