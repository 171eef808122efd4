/*
 * Whether an output directory has the rows of lists, and no others: for --update, which then has
 * nothing to replace. Reads the lists and the manifests; changes nothing, takes no lock.
 */
#ifndef CMD_LISTMATCH_H
#define CMD_LISTMATCH_H

#include "cmd/imgfetch/options/options.h"

/* False also if a list or a manifest cannot be read: the run will say why. Rows that are not done
 * yet do not count. The engine reads lists in Parquet; NULL: there are none. The directory is made
 * with the options of this run. Blocks. */
bool listmatch(const struct options *, const struct listparquet_engine *, const char *const *lists,
    size_t n_lists, int dir);

#endif
