/* The summary at the end of a run, on standard error and in the log. */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include "cmd/imgfetch/decoders.h"
#include "cmd/imgfetch/options/options.h"
#include "cmd/imgfetch/status/progress.h"
#include "pipeline/pipeline.h"

void summary_show(const struct options *, struct pipeline *, const struct decoders *,
    struct progress *, bool interrupted);

#endif
