/*
 * The rows of a shard as Parquet, beside its manifest: --manifest=parquet. DuckDB makes the file of
 * the manifest's lines (exec/duckdb.h); what it answers is written as it comes.
 *
 * A column has its type even if it is null in every row: that of the field
 * (imgfetch-manifest(5)), or of the list's column. The store's thread.
 */
#ifndef STORE_PARQUETFILE_H
#define STORE_PARQUETFILE_H

#include "input/listparquet.h"
#include "manifest/shardfiles.h"

struct output;

struct parquetfile_conf {
    const struct listparquet_engine *engine;
    char *types[COLUMNS_MAX]; /* in SQL, of the kept columns; NULL: text */
};

/* The kind of the file beside a manifest of that kind. */
enum shardfiles_kind parquetfile_kind(enum shardfiles_kind manifest);

/* Writes the file of a shard whose manifest is complete and sorted; whole or not at all. Returns 0,
 * or a negative errno; -EREMOTEIO: `why` (LISTPARQUET_WHY_SIZE) says what is wrong. */
int parquetfile_write(const struct output *, uint32_t shard, char *why);

/* Removes the file: its rows are about to change. 0, also if there is none; or a negative errno. */
int parquetfile_remove(const struct output *, uint32_t shard);

#endif
