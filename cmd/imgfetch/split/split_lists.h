/*
 * The lists that --split writes: 0000.zst, 0001.zst and so on, each with its file of options,
 * 0000.conf. They are made in a directory beside the final one, named NAME.part, which is renamed
 * when all is on disk: so the final one is there whole or not at all. What an interrupted run has
 * left in NAME.part is removed by the next one.
 *
 * A list is written in zstd frames of whole rows, all by one compressor; memory is bounded by
 * SPLIT_LISTS_MEMORY and what the longest row takes. No file stays open, so the number of lists is
 * not bounded by that of descriptors.
 *
 * Blocks. One thread.
 */
#ifndef CMD_SPLIT_LISTS_H
#define CMD_SPLIT_LISTS_H

#include "base/buf.h"
#include "base/span.h"

enum {
    SPLIT_LISTS_MAX = 4096,
    SPLIT_LISTS_MEMORY = 128 << 20, /* bytes of rows that are not written yet */
    SPLIT_LISTS_MESSAGE_SIZE = 400,
};

struct split_lists;

/* Begins n lists for the directory `path`, which must not exist or be empty. NULL: `message` says
 * why; *ret_misuse: the directory is another's. */
struct split_lists *split_lists_new(
    const char *path, unsigned n, char message[SPLIT_LISTS_MESSAGE_SIZE], bool *ret_misuse);

/* Adds a line or a record to a list; a line end is added. False: it cannot be written. */
bool split_lists_add(struct split_lists *, unsigned list, struct span row);

/* A csv record that is a part of another one: writes it as one field, so that it is a bad row again
 * and its quotes take no part of other rows. */
bool split_lists_add_torn(struct split_lists *, unsigned list, struct span row);

/* Writes what is left of all lists. */
bool split_lists_flush(struct split_lists *);

bool split_lists_write_conf(struct split_lists *, unsigned list, const struct buf *);

/* All is written: the directory gets its name. */
bool split_lists_finish(struct split_lists *);

/* After false: why. */
const char *split_lists_error(const struct split_lists *);

/* Removes all files, unless it is finished. */
void split_lists_free(struct split_lists *);

#endif
