/*
 * The flat layout, below the output directory:
 *   cat.jpg   cat-2.png   thumbs/SPEC/cat.jpg   thumbs/SPEC/cat-2.jpg   manifest/00000.jsonl
 * All files of a row have its name (feed/names.h), whatever its shard. As in the files layout, a
 * file appears whole or not at all, and a job is ready as soon as it is put.
 *
 * The directory may have files of other people. None is replaced or removed:
 * - A file is made only where there is none, unless it is of the row that is done again.
 * - If there is one with the same bytes, it is the row's, and stays as it is. Else the row fails
 *   (ERR_NAME_TAKEN), and has no files.
 * - Before a file is made, a note of it is on disk (store/intents.h). What a killed run left
 * without a row is removed by its note.
 * - Where rows share files (store_conf, `shares`), only files with such a note are given up.
 *
 * With {sha256} rows with equal bodies share their files, whatever their shards. Such a file is
 * never removed, since rows of other shards may name it; one with other bytes is damaged, and is
 * replaced.
 */
#ifndef STORE_STORE_FLAT_H
#define STORE_STORE_FLAT_H

#include "store/layout.h"

extern const struct layout store_flat;

/* The name of a file while it is not whole begins like this, for file systems where it needs one.
 * It ends in COMMIT_PART. */
#define STORE_FLAT_PART ".imgfetch-"

#endif
