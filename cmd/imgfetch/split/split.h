/*
 * --split: divides lists into N, for N tasks, by the domain of each row's URL.
 *
 * The lists are read twice. The first pass counts the rows of domains (split_count.h), from which
 * follows which list each row goes to (split_plan.h); the second one writes them (split_lists.h).
 * Rows are copied as they stand in the list.
 */
#ifndef CMD_SPLIT_H
#define CMD_SPLIT_H

#include "cmd/imgfetch/options/options.h"

/* Returns the exit status. */
int split(const struct options *);

#endif
