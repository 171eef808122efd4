/*
 * metadata.jsonl in each folder of images of a shard, in the files layout (--sidecars). Hugging
 * Face's imagefolder reads it. Each row that succeeded has a line, also a duplicate, which names
 * the file of its first row: `file_name`, relative to the folder, and the fields of
 * manifest/sample.h. It is made of the manifest when the shard closes.
 *
 * Errors are negative errno values. Any thread that holds the shard.
 */
#ifndef STORE_METADATA_H
#define STORE_METADATA_H

#include "store/layout.h"

#define METADATA_NAME "metadata.jsonl"

/* Writes the files of a shard, whose manifest is in the order of the list. A folder without images
 * has none. Does not sync. Blocks. */
int metadata_write(const struct output *, uint32_t shard);

#endif
