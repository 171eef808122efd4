/* What the program can do besides a run (run.h). Each call returns the exit status, as the manual
 * page has it. */
#ifndef CMD_ACTIONS_H
#define CMD_ACTIONS_H

#include "cmd/imgfetch/options/options.h"

/* Compares backends, pools or versions of HTTP on the user's own list (--compare). */
int compare(const struct options *);

/* --dry-run: prints on standard output what a run would do. */
int dryrun(const struct options *);

/* --verify: prints on standard output how an output directory differs from its manifests. */
int verify(const struct options *);

/* --report without --compare: writes the page of an output directory, with contact sheet, rates,
 * distributions and failures. */
int report_dir(const struct options *);

/* --version: prints those of imgfetch and its libraries. */
int version(void);

#endif
