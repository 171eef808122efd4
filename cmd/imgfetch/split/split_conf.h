/* The file of options that belongs to a list of --split. One thread. */
#ifndef CMD_SPLIT_CONF_H
#define CMD_SPLIT_CONF_H

#include "base/buf.h"
#include "cmd/imgfetch/options/options.h"

/* Appends, as lines for --config: the given options that are those of a run, but passwords; and how
 * to read the list. The lists' limits come behind them. */
void split_conf_put(
    const struct options *, enum urllist_format, uint32_t first_shard, struct buf *);

/* The name of the first given option that may be a password, so is not among them; NULL: none. */
const char *split_conf_left_out(const struct options *);

/* The name of the format, as --format takes it; NULL: no list of it can be written. */
const char *split_conf_format(enum urllist_format);

#endif
