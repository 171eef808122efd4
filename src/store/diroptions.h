/*
 * .imgfetch/options.json: a JSON object with the options that shaped an output directory, each a
 * string. Part of store/outdir.h. Blocks; any thread.
 */
#ifndef STORE_DIROPTIONS_H
#define STORE_DIROPTIONS_H

#include "store/outdir.h"

/* Compares what is noted in `folder`. 0: the same, or nothing is noted. 1: not the same, and
 * `message` (OUTDIR_MESSAGE_SIZE) lists what was noted and what is now. Else a negative errno;
 * -EBADMSG: the file is not ours. */
int diroptions_compare(
    int folder, const struct outdir_option *, size_t n, bool redo, char *message);

/* Writes the note, unless one is there that needs no change. 0 or a negative errno. */
int diroptions_write(int folder, const struct outdir_option *, size_t n, bool replace);

#endif
