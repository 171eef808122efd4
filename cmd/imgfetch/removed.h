/*
 * The rows that a directory has and its list has no more (--update --keep-removed): a second list,
 * of JSON lines, in the directory itself. Each line has the columns that the run uses, those that a
 * row keeps with their values, the others as null.
 */
#ifndef CMD_REMOVED_H
#define CMD_REMOVED_H

#include "cmd/imgfetch/options/options.h"
#include "manifest/shardfiles.h"
#include "store/fresh.h"

/* Where it is in the directory. */
#define REMOVED_LIST SHARDFILES_OWN "/" FRESH_LIST
bool removed_is_there(int dir);

/* True for the path of such a list, in whatever directory. */
bool removed_is_list(const char *path);

enum { REMOVED_MESSAGE_SIZE = 600 };

/* Writes the list of `from` into `to`, both open: the rows of `from` that succeeded and whose URL
 * is not in the lists of the run, which are read for that. With none there is no file. *ret_rows:
 * how many. The engine reads lists in Parquet; NULL: there are none. Takes 8 bytes of memory for
 * each row of the lists. False: `message` says why. Blocks.
 */
bool removed_write(const struct options *, const struct listparquet_engine *, int from, int to,
    uint64_t *ret_rows, char *message);

#endif
