/* Prints the summary at the end of a run, on standard error. */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include "cmd/imgfetch/decoders.h"
#include "cmd/imgfetch/options/options.h"
#include "pipeline/pipeline.h"

void summary_print(
    const struct options *, struct pipeline *, const struct decoders *, bool interrupted);

#endif
