/* --verify: prints on standard output how an output directory differs from its manifests. */
#ifndef CMD_VERIFY_H
#define CMD_VERIFY_H

#include "cmd/imgfetch/options/options.h"

int verify(const struct options *); /* an exit code of the manual page */

#endif
