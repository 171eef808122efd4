/*
 * Shards that are delivered: a program takes the files of a closed shard elsewhere (--on-shard).
 *
 * The note .imgfetch/00000.sent says that it has done so. Always true:
 * - While the note is there, nothing of the shard changes: it is removed, on disk too, before the
 *   first change (store/resume.h, store/fresh.h). So what was delivered is what the stats file is
 *   about.
 * - It is written, on disk too, after the program has succeeded, while its shard is locked
 *   (store/shardlock.h). A shard without it is delivered again.
 * - Its content does not matter, so people can make one by hand.
 * - The files of a noted shard, but the stats file, may be gone: it is done all the same. Nothing
 * of it is done again then, as what is left would replace all that was delivered.
 *
 * Not for the flat layout, in which shards have no folders. Errors are negative errno values.
 * Blocks; any thread.
 */
#ifndef STORE_SENT_H
#define STORE_SENT_H

#include "store/layout.h"

enum { SENT_PATH_SIZE = 1200 };

/* 1: the shard's delivery is noted; 0: it is not. */
int sent_is_noted(int dir, uint32_t shard);

/* Writes the note, or removes it; it is so on disk when the call returns. */
int sent_note(const struct output *, uint32_t shard);
int sent_forget(int dir, uint32_t shard);

/* Looks for the files of a closed shard: the manifest, of this kind; the tar beside it; the files
 * in the shard's own folders, with the sizes that its rows say. 1: ret_path is not there, as the
 * first of maybe many. 0: all are. digits: of shards' numbers in names. */
int sent_missing(int dir, unsigned digits, enum shardfiles_kind manifest, uint32_t shard,
    char ret_path[SENT_PATH_SIZE]);

/* Looks for a shard whose delivery is noted and whose files are not all here. 1: *ret_shard is one,
 * and ret_path is missing. 0: there is none. */
int sent_any_gone(int dir, uint32_t *ret_shard, char ret_path[SENT_PATH_SIZE]);

/* Says that rows of a delivered shard cannot be done again, because this file is missing. */
void sent_print_gone(uint32_t shard, const char *missing, char *out, size_t size);

/* Which files and folders of the shard there are to be delivered: a set of bits for
 * sent_words(). */
int sent_parts(const struct output *, uint32_t shard, uint32_t *ret);

/* The words for the program: "00042", dir, and the paths of the parts, the stats file last. dir:
 * the absolute path of the output directory. Each is to be free(3)d, and so is the list, which ends
 * with NULL. NULL: there are no such parts. */
char **sent_words(const struct store_conf *, const char *dir, uint32_t shard, uint32_t parts);

/* Removes the files of a delivered shard, but the stats file and the note. The manifest goes last,
 * because the others are found by it. */
int sent_discard(const struct output *, uint32_t shard);

#endif
