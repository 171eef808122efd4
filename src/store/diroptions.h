/*
 * .imgfetch/options.json: a JSON object with the options that shaped an output directory. Each
 * value is a string. Part of store/outdir.h. Blocks; any thread.
 */
#ifndef STORE_DIROPTIONS_H
#define STORE_DIROPTIONS_H

#include "store/outdir.h"

/* Compares the options with the file in `folder`. 0: equal, or there is no file. 1: they differ,
 * and `message` (OUTDIR_MESSAGE_SIZE) lists the noted and the present values. Else a negative
 * errno; -EBADMSG: the file is not one of ours. redo: options with may_change may differ. */
int diroptions_compare(
    int folder, const struct outdir_option *, size_t n, bool redo, char *message);

/* Writes the file if there is none; with `replace` always. 0 or a negative errno. */
int diroptions_write(int folder, const struct outdir_option *, size_t n, bool replace);

#endif
