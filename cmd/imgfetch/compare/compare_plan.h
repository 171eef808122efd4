/* Who takes part in a comparison: from --compare=NAMES to contenders. */
#ifndef CMD_COMPARE_PLAN_H
#define CMD_COMPARE_PLAN_H

#include "cmd/imgfetch/compare/compare_figures.h"

/* Fills ret; compare_plan_free() it in any case. False: a usage error, which has been told. */
bool compare_plan(const struct options *, struct comparison *ret);
void compare_plan_free(struct comparison *);

#endif
