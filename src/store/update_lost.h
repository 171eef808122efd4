/* Rows that an update would lose. Part of store/update.h. */
#ifndef STORE_UPDATE_LOST_H
#define STORE_UPDATE_LOST_H

#include <stdint.h>

/* Counts the rows of `old` that succeeded and whose URL has failed in `new_`, in a way that may
 * pass: like --refresh, an update does not drop a picture because its server is down. 0 or a
 * negative errno. Blocks. */
int update_lost_count(int old, int new_, uint64_t *ret);

#endif
