/* Makes the contenders of a comparison from --compare=NAMES. */
#ifndef CMD_COMPARE_PLAN_H
#define CMD_COMPARE_PLAN_H

#include "cmd/imgfetch/compare/compare_figures.h"

/* Fills ret; call compare_plan_free() in any case. False: a usage error, and a message was
 * printed. */
bool compare_plan(const struct options *, struct comparison *ret);
void compare_plan_free(struct comparison *);

#endif
